using System.Text.Json;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Training.Tests.Distillation;

/// <summary>A reference case: its model and adapter lie with the tests of Models, the divergences beside this file.</summary>
internal sealed class DistillationGolden : IDisposable
{
    public DistillationGolden(string name)
    {
        Folder = Path.Combine(Repository.Root, "tests/MultiTurnTrainer.Training.Tests/Distillation/Goldens", name);
        string model = Path.Combine(Repository.Root, "tests/MultiTurnTrainer.Models.Tests/Goldens", name);
        Model = CausalLM.Load(model, ScalarType.Float32, CPU);
        Adapter = LoraAdapter.Load(Model, Path.Combine(model, "adapter"));
        Json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "distill.json"))).RootElement;
    }

    public static TheoryData<string> Cases => ["llama", "mistral", "gemma2", "qwen3"];

    public string Folder { get; }

    public CausalLM Model { get; }

    public LoraAdapter Adapter { get; }

    public JsonElement Json { get; }

    /// <summary>Every gradient of the adapter within 1e-4 of its largest expected value.</summary>
    public void AssertGradients(string file)
    {
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(Folder, file));
        foreach (Parameter parameter in Adapter.Parameters.All)
        {
            float[] want = expected.Values<float>(parameter.Name).ToArray();
            float[] have = parameter.Gradient.contiguous().data<float>().ToArray();
            float scale = want.Max(Math.Abs);
            float worst = want.Zip(have, (a, b) => Math.Abs(a - b)).Max();
            Assert.True(worst <= 1e-4f * Math.Max(scale, 1e-6f), $"{parameter.Name}: {worst} of {scale}");
        }
    }

    public void Dispose()
    {
        Adapter.Dispose();
        Model.Dispose();
    }
}
