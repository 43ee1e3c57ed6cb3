using System.Text.Json;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Architectures;

/// <summary>Models in both spellings of their configuration, as the hub has it and as transformers 5 saves it.</summary>
public class ConfigSpellingTests
{
    public static TheoryData<string> Families =>
        [
            "gemma2",
            "gemma3_text",
            "llama",
            "mistral",
            "mistral_small",
            "phi4",
            "phi4_mini",
            "qwen2",
            "qwen3",
            "smollm3",
        ];

    [Theory]
    [MemberData(nameof(Families))]
    public void Load_OfEitherSpelling_GivesTheReferenceLogits(string name)
    {
        string source = SharedData.Path("peers", "families", name);
        string other = File.Exists(Path.Combine(source, "config.v5.json")) ? "config.v5.json" : "config.hub.json";
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(source, "expected", "logits.safetensors"));
        JsonElement[] sequences =
        [
            .. Golden.Json(Path.Combine(source, "batch.json")).GetProperty("sequences").EnumerateArray(),
        ];
        foreach (string spelling in (string[])["config.json", other])
        {
            using TempFolder folder = new();
            folder.Write("config.json", File.ReadAllText(Path.Combine(source, spelling)));
            File.CreateSymbolicLink(folder["model.safetensors"], Path.Combine(source, "model.safetensors"));
            using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);
            using LoraAdapter adapter = LoraAdapter.Load(model, Path.Combine(source, "adapter"));
            for (int i = 0; i < sequences.Length; i++)
            {
                int[] ids = sequences[i].GetProperty("input_ids").Ints();
                foreach ((string kind, Adapter? over) in new[] { ("base", (Adapter?)null), ("adapter", adapter) })
                {
                    float[] wanted = expected.Floats($"logits.{kind}.{i}");
                    Assert.InRange(Golden.LargestDifference(Logits(model, over, ids), wanted), 0, 1e-4);
                }
            }
        }
    }

    private static float[] Logits(CausalLM model, Adapter? adapter, int[] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        using ForwardContext context = model.Prepare(SequenceLayout.Single(ids.Length), adapter);
        return Tensors.ToArray(model.Logits(model.Forward(Tensors.Ids(ids, CPU), context), context));
    }
}
