using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Export;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Gguf;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Gguf;

/// <summary>Whole GGUF files: those of llama.cpp's tools are read, and what is written is read back.</summary>
public sealed class GgufModelTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model-f32", "f32")]
    [InlineData("model-bf16", "bf16")]
    [InlineData("model-q8_0", "q8_0")]
    [InlineData("wide-q4_0", "wide-q4_0")]
    [InlineData("wide-q4_k_m", "wide-q4_k_m")]
    public void Load_OfLlamaCppsFile_GivesTheLogitsOfItsWeights(string file, string name)
    {
        using SafetensorsFile wanted = SafetensorsFile.Open(
            SharedData.Path("peers", "gguf", "dequantised-logits.safetensors")
        );
        using CausalLM model = Load(SharedData.Path("peers", "gguf", file + ".gguf"));
        JsonElement sequences = Golden
            .Json(Path.Combine(Golden.Folder("llama"), "batch.json"))
            .GetProperty("sequences");
        string[] keys =
        [
            .. wanted.Entries.Keys.Where(key => key.StartsWith(name + ".", StringComparison.Ordinal)).Order(),
        ];
        Assert.Equal(2, keys.Length);

        // Made of the batch's first and fifth sequence.
        foreach ((string key, int sequence) in keys.Zip([0, 4]))
        {
            int[] ids = sequences[sequence].GetProperty("input_ids").Ints();
            double difference = Golden.LargestDifference(wanted.Floats(key), Logits(model, ids));
            output.WriteLine($"{key}: {difference:e1}");
            Assert.InRange(difference, 0, 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(Golden.Cases), MemberType = typeof(Golden))]
    public void Export_ThenLoad_GivesTheSameModel(string name)
    {
        string file = _folder["model.gguf"];
        using CausalLM before = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        if (
            GgufNames.Architecture(before.Config.ModelType) is null
            || before.Config.OutputBias
            || HasWindow(before)
            || TurnsStrangely(before)
        )
        {
            Assert.Throws<MttException>(() => GgufExport.Run(Golden.Folder(name), GgufFileType.F32, file, false));
            Assert.False(File.Exists(file));
            return;
        }

        GgufExport.Run(Golden.Folder(name), GgufFileType.F32, file, force: false);
        using CausalLM after = Load(file);

        int[] ids = [.. Enumerable.Range(3, 20)];
        Assert.InRange(Golden.LargestDifference(Logits(before, ids), Logits(after, ids)), 0, 1e-5);
    }

    [Theory]
    [InlineData(GgufFileType.F16, 0.05)]
    [InlineData(GgufFileType.BF16, 0.3)]
    [InlineData(GgufFileType.Q8_0, 0.3)]
    [InlineData(GgufFileType.Q4_0, 3)]
    [InlineData(GgufFileType.Q4_K_M, 3)]
    public void Export_InEveryType_ChoosesTypesAsLlamaCppAndReadsBack(GgufFileType type, double most)
    {
        // A model with rows of whole super-blocks: the one that llama.cpp quantised.
        string wide = SharedData.Path("peers", "gguf", "wide-q4_k_m.gguf");
        string file = _folder["model.gguf"];

        GgufExport.Run(GgufFolder.Open(wide), type, file, force: false);

        using CausalLM before = Load(wide);
        using CausalLM after = Load(file);
        int[] ids = [.. Enumerable.Range(3, 20)];
        Assert.InRange(Golden.LargestDifference(Logits(before, ids), Logits(after, ids)), 0, most);
        string golden = SharedData.Path("peers", "gguf", $"wide-{type}.gguf".ToLowerInvariant());
        if (File.Exists(golden))
        {
            Assert.Equal(Types(golden), Types(file));
        }
    }

    [Fact]
    public void Export_OfWeightsThatDoNotFit_IsRefusedAndWritesNothing()
    {
        string model = _folder["model"];
        string file = _folder["model.gguf"];
        Directory.CreateDirectory(model);
        File.Copy(Path.Combine(Golden.Folder("llama"), "config.json"), Path.Combine(model, "config.json"));
        SafetensorsPiece piece = SafetensorsPiece.Of("w", SafetensorsType.F32, [1], new byte[4]);
        SafetensorsWriter.Write(Path.Combine(model, "model.safetensors"), [piece], null, force: false);

        MttException problem = Assert.Throws<MttException>(() =>
            GgufExport.Run(model, GgufFileType.F32, file, force: false)
        );

        Assert.Contains("'w'", problem.Message);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public void Export_OfTheGoldenAdapter_GivesLlamaCppsFile()
    {
        string file = _folder["adapter.gguf"];

        GgufAdapterExport.Run(Golden.Folder("llama"), Golden.Adapter("llama"), file, force: false);

        using GgufFile own = GgufFile.Open(file);
        using GgufFile theirs = GgufFile.Open(SharedData.Path("peers", "gguf", "adapter-f32.gguf"));
        Assert.Equal(theirs.Tensors.Keys.Order(), own.Tensors.Keys.Order());
        Assert.Equal(theirs.Metadata.Real("adapter.lora.alpha"), own.Metadata.Real("adapter.lora.alpha"));
        Assert.All(
            theirs.Tensors.Values,
            tensor => Assert.Equal(Values(theirs, tensor), Values(own, own.Tensors[tensor.Name]))
        );
    }

    private static float[] Values(GgufFile file, GgufTensor tensor)
    {
        float[] values = new float[tensor.Count];
        file.Read(tensor, 0, values);
        return values;
    }

    private static SortedDictionary<string, GgufType> Types(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return new(file.Tensors.ToDictionary(pair => pair.Key, pair => pair.Value.Type));
    }

    private static bool HasWindow(CausalLM model) => model.Config.Windows.Any(window => window is not null);

    private static bool TurnsStrangely(CausalLM model) =>
        model.Config.Ropes[0] is not { Type: not (RopeType.Dynamic or RopeType.LongRope) };

    private static CausalLM Load(string gguf) => CausalLM.Load(GgufFolder.Open(gguf), ScalarType.Float32, CPU);

    private static float[] Logits(CausalLM model, int[] ids)
    {
        List<float> logits = [];
        new Scorer(model, null).Run(ids, [], null, block => logits.AddRange(block.Span));
        return [.. logits];
    }
}
