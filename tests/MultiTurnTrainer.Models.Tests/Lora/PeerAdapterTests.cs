using System.Text.Json;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;
using Generator = MultiTurnTrainer.Models.Generation.Generator;

namespace MultiTurnTrainer.Models.Tests.Lora;

/// <summary>Every kind of adapter that PEFT writes, against what PEFT computes with it.</summary>
public class PeerAdapterTests(ITestOutputHelper output)
{
    private static readonly int[] _checked = [0, 1, 3];

    public static TheoryData<string> Variants =>
        [
            "all_linear",
            "dora",
            "dora_rslora",
            "embedding",
            "exclude",
            "layers",
            "lm_head",
            "lora_bias",
            "modules_to_save",
            "modules_to_save_norm",
            "patterns",
            "plain",
            "regex",
            "rslora",
            "rslora_patterns",
            "tied_embedding",
            "tied_lm_head",
            "tied_modules_to_save",
            "tied_trainable_tokens",
            "trainable_tokens",
            "trainable_tokens_dict",
        ];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Load_OfPeftsAdapter_GivesItsLogits(string variant)
    {
        using CausalLM model = LoadBase(variant);
        using LoraAdapter adapter = LoraAdapter.Load(model, Folder(variant, "adapter"));

        double worst = CompareLogits(variant, model, adapter);

        output.WriteLine($"{variant}: {worst:e1}");
        Assert.InRange(worst, 0, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Save_OfPeftsAdapter_GivesItsTensors(string variant)
    {
        using TempFolder folder = new();
        using CausalLM model = LoadBase(variant);
        using LoraAdapter adapter = LoraAdapter.Load(model, Folder(variant, "adapter"));

        adapter.Save(model, folder.Path, force: false);

        using SafetensorsFile wanted = SafetensorsFile.Open(Folder(variant, "adapter/adapter_model.safetensors"));
        using SafetensorsFile found = SafetensorsFile.Open(folder["adapter_model.safetensors"]);
        Assert.Equal(wanted.Entries.Keys.Order(), found.Entries.Keys.Order());
        foreach (string name in wanted.Entries.Keys)
        {
            Assert.True(wanted.Bytes(wanted[name]).SequenceEqual(found.Bytes(found[name])), name);
        }

        JsonElement before = Golden.Json(Folder(variant, "adapter/adapter_config.json"));
        JsonElement after = Golden.Json(folder["adapter_config.json"]);
        Assert.True(JsonElement.DeepEquals(before, after), after.GetRawText());
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Backward_OfPeftsAdapter_GivesItsGradients(string variant)
    {
        using CausalLM model = LoadBase(variant);
        using LoraAdapter adapter = LoraAdapter.Load(model, Folder(variant, "adapter"));
        Backward(model, adapter);
        using SafetensorsFile expected = SafetensorsFile.Open(Folder(variant, "expected/grads_layer1.safetensors"));

        Assert.NotEmpty(expected.Entries);
        Assert.All(
            expected.Entries.Keys,
            name =>
            {
                float[] wanted = expected.Floats(name);
                // Parameters in memory carry more of PEFT's wrappers in their names than the file does.
                string saved = name.Replace(".modules_to_save", "").Replace("_vector.weight", "_vector");
                float[] found = Tensors.ToArray(adapter.Parameters[saved].Gradient);
                double difference = Golden.LargestDifference(found, wanted) / wanted.Max(Math.Abs);
                Assert.InRange(difference, 0, 1e-4);
            }
        );
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Generate_WithPeftsAdapter_TakesTheLikeliestOfItsLogits(string variant)
    {
        using CausalLM model = LoadBase(variant);
        using LoraAdapter adapter = LoraAdapter.Load(model, Folder(variant, "adapter"));
        int[] prompt = Sequences()[0];

        int[] ids = new Generator(model)
            .Generate([prompt], new GenerationOptions { MaxNewTokens = 5, BatchSize = 1 }, adapter)[0]
            .Ids;

        List<int> wanted = [.. prompt];
        for (int i = 0; i < 5; i++)
        {
            float[] logits = Logits(model, adapter, [.. wanted]);
            float[] last = logits[^model.Config.VocabularySize..];
            wanted.Add(Array.IndexOf(last, last.Max()));
        }

        Assert.Equal(wanted.Skip(prompt.Length), ids);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Merge_OfPeftsAdapter_GivesTheAdaptersLogits(string variant)
    {
        using TempFolder folder = new();
        string basis = FloatBase(variant, folder);
        if (variant == "lora_bias")
        {
            var problem = Assert.Throws<Files.MttException>(() =>
                AdapterMerge.Run(basis, Folder(variant, "adapter"), folder["merged"], force: false)
            );
            Assert.Contains("bias", problem.Message, StringComparison.Ordinal);
            return;
        }

        MergeReport report = AdapterMerge.Run(basis, Folder(variant, "adapter"), folder["merged"], force: false);

        using CausalLM merged = CausalLM.Load(folder["merged"], ScalarType.Float32, CPU);
        Assert.InRange(CompareLogits(variant, merged, null), 0, 1e-4);
        Assert.Equal(variant is "tied_lm_head" or "tied_embedding", report.Untied);
    }

    private static string Folder(string variant, string part) =>
        SharedData.Path("peers", "adapters", "variants", variant, part);

    private static string BaseFolder(string variant) =>
        SharedData.Path(
            "peers",
            "adapters",
            variant.StartsWith("tied", StringComparison.Ordinal) ? "base-tied" : "base"
        );

    private static CausalLM LoadBase(string variant) =>
        LoraAdapter.LoadBase(BaseFolder(variant), Folder(variant, "adapter"), ScalarType.Float32, CPU);

    // The base is stored in bfloat16; merged weights are compared without its rounding.
    private static string FloatBase(string variant, TempFolder folder)
    {
        string target = folder["base"];
        Directory.CreateDirectory(target);
        string config = File.ReadAllText(Path.Combine(BaseFolder(variant), "config.json"));
        File.WriteAllText(Path.Combine(target, "config.json"), config.Replace("bfloat16", "float32"));
        using WeightFolder weights = WeightFolder.Open(BaseFolder(variant));
        List<Tensor> widened = [];
        List<SafetensorsPiece> pieces = [];
        foreach (SafetensorsFile file in weights.Files)
        {
            foreach (SafetensorsEntry entry in file.Entries.Values)
            {
                widened.Add(Tensors.Load(file, entry, ScalarType.Float32, CPU));
                pieces.Add(Tensors.Piece(entry.Name, widened[^1], SafetensorsType.F32));
            }
        }

        SafetensorsWriter.Write(
            Path.Combine(target, "model.safetensors"),
            pieces,
            SafetensorsWriter.PyTorchMetadata,
            false
        );
        widened.ForEach(tensor => tensor.Dispose());
        return target;
    }

    private static double CompareLogits(string variant, CausalLM model, Adapter? adapter)
    {
        using SafetensorsFile expected = SafetensorsFile.Open(Folder(variant, "expected/logits.safetensors"));
        int[][] sequences = Sequences();
        return _checked.Max(i =>
            Golden.LargestDifference(Logits(model, adapter, sequences[i]), expected.Floats($"logits.adapter.{i}"))
        );
    }

    private static JsonElement Batch() => Golden.Json(SharedData.Path("peers", "adapters", "batch.json"));

    private static int[][] Sequences() =>
        [.. Batch().GetProperty("sequences").EnumerateArray().Select(row => row.GetProperty("input_ids").Ints())];

    private static float[] Logits(CausalLM model, Adapter? adapter, int[] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        using ForwardContext context = model.Prepare(SequenceLayout.Single(ids.Length), adapter);
        return Tensors.ToArray(model.Logits(model.Forward(Tensors.Ids(ids, CPU), context), context));
    }

    private static void Backward(CausalLM model, LoraAdapter adapter)
    {
        JsonElement packed = Batch().GetProperty("packed");
        int[] ids = packed.GetProperty("input_ids").Ints();
        int[] labels = packed.GetProperty("labels").Ints();
        SequenceLayout layout = SequenceLayout.FromStarts(packed.GetProperty("cu_seqlens").Ints());
        int[] rows =
        [
            .. Enumerable
                .Range(1, ids.Length - 1)
                .Where(t => labels[t] != Scorer.Ignored && !layout.Starts.Contains(t))
                .Select(t => t - 1),
        ];
        using DisposeScope scope = NewDisposeScope();
        using ForwardContext context = model.Prepare(layout, adapter);
        Tensor hidden = model.Forward(Tensors.Ids(ids, CPU), context).index_select(0, Tensors.Ids(rows, CPU));
        Tensor losses = -model
            .Logits(hidden, context)
            .log_softmax(-1)
            .gather(1, Tensors.Ids([.. rows.Select(row => labels[row + 1])], CPU).unsqueeze(1));
        (losses.sum() / rows.Length).backward();
    }
}
