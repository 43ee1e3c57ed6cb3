using System.Text.Json;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Export;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Gguf;
using MultiTurnTrainer.Models.Lora;
using TorchSharp;

namespace MultiTurnTrainer.Inference.Tests.Local;

/// <summary>What the export writes, read by llama.cpp itself.</summary>
public sealed class LlamaCppTests(ITestOutputHelper output) : IDisposable
{
    private const int Stop = 2;
    private const int Most = 24;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Export_OfTheRealModel_HasLlamaCppTokenizeAndAnswerAsTransformers()
    {
        string file = _folder["model.gguf"];
        GgufExport.Run(SmallRealModel.Folder, GgufFileType.F32, file, force: false);
        using LlamaCpp llama = new(file);

        JsonElement[] texts = [.. SmallRealModel.Goldens.GetProperty("tokenizer_cases").EnumerateArray()];
        Assert.NotEmpty(texts);
        Assert.All(
            texts,
            text =>
                Assert.Equal(
                    Ints(text.GetProperty("ids")),
                    llama.Tokenize(text.GetProperty("text").GetString()!, false)
                )
        );
        // No margin among them is below the goldens' tolerance, so that every token must be the same.
        Assert.All(
            SmallRealModel.Goldens.GetProperty("prompts").EnumerateArray().Take(5),
            chat =>
            {
                int[] prompt = llama.Tokenize(chat.GetProperty("rendered").GetString()!, false);
                Assert.Equal(Ints(chat.GetProperty("ids")), prompt);
                Assert.Equal(
                    Ints(chat.GetProperty("greedy").GetProperty("ids")).Take(Most),
                    llama.Continue(prompt, Most, Stop)
                );
            }
        );
    }

    // llama.cpp rounds what goes into a product as well, to the type of the matrix or to 8 bits; the largest logit is 6.
    [Theory]
    [InlineData(GgufFileType.F32, 1e-4)]
    [InlineData(GgufFileType.F16, 0.02)]
    [InlineData(GgufFileType.BF16, 0.3)]
    [InlineData(GgufFileType.Q8_0, 0.3)]
    [InlineData(GgufFileType.Q4_0, 0.3)]
    [InlineData(GgufFileType.Q4_K_M, 0.3)]
    public void Export_InEveryType_GivesLlamaCppTheLogitsOfTheFilesWeights(GgufFileType type, double most)
    {
        string file = _folder["model.gguf"];
        GgufExport.Run(GgufFolder.Open(SharedData.Path("peers", "gguf", "wide-q4_k_m.gguf")), type, file, force: false);
        int[] ids = [.. Enumerable.Range(3, 40)];
        using CausalLM model = CausalLM.Load(GgufFolder.Open(file), torch.ScalarType.Float32, torch.CPU);
        using LlamaCpp llama = new(file);

        (double difference, double largest) = Compare(Logits(model, null, ids), llama.Logits(ids));

        output.WriteLine($"{type}: {difference:e1} of {largest:F1}");
        Assert.InRange(difference, 0, most);
    }

    [Fact]
    public void Export_OfAnAdapter_ChangesLlamaCppsLogitsAsOurs()
    {
        string golden = Path.Combine(Repository.Root, "tests", "MultiTurnTrainer.Models.Tests", "Goldens", "llama");
        string trained = Path.Combine(golden, "adapter");
        // The golden has no tokenizer, without which llama.cpp takes no file: its own converter put one beside the same weights.
        string file = SharedData.Path("peers", "gguf", "model-f32.gguf");
        string adapterFile = _folder["adapter.gguf"];
        GgufAdapterExport.Run(golden, trained, adapterFile, force: false);
        int[] ids = [.. Enumerable.Range(3, 20)];
        using CausalLM model = CausalLM.Load(golden, torch.ScalarType.Float32, torch.CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, trained);
        float[] wanted = Logits(model, adapter, ids);

        using (LlamaCpp plain = new(file))
        {
            Assert.InRange(Compare(wanted, plain.Logits(ids)).Difference, 0.01, double.MaxValue);
        }

        using LlamaCpp adapted = new(file, adapterFile);
        Assert.InRange(Compare(wanted, adapted.Logits(ids)).Difference, 0, 1e-4);
    }

    private static (double Difference, double Largest) Compare(float[] wanted, float[] found)
    {
        Assert.Equal(wanted.Length, found.Length);
        return (wanted.Zip(found, (a, b) => (double)Math.Abs(a - b)).Max(), wanted.Max(Math.Abs));
    }

    private static float[] Logits(CausalLM model, LoraAdapter? adapter, int[] ids)
    {
        List<float> logits = [];
        new Scorer(model, adapter).Run(ids, [], null, block => logits.AddRange(block.Span));
        return [.. logits];
    }

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
