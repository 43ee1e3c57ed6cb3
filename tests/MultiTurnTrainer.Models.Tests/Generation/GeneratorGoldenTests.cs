using System.Text.Json;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Lora;
using TorchSharp;
using static TorchSharp.torch;
using Generator = MultiTurnTrainer.Models.Generation.Generator;

namespace MultiTurnTrainer.Models.Tests.Generation;

public class GeneratorGoldenTests
{
    public static TheoryData<string> Cases => Golden.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Generate_Greedy_GivesTheReferenceTokens(string name)
    {
        using CausalLM model = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Golden.Adapter(name));
        JsonElement golden = Golden.Json(Golden.Expected(name, "generation.json"));
        int limit = golden.GetProperty("max_new_tokens").GetInt32();
        JsonElement[] runs = [.. golden.GetProperty("runs").EnumerateArray()];
        int[][] prompts = [.. runs.Select(run => run.GetProperty("prompt").Ints())];
        IReadOnlyList<int> eos = GenerationConfig.ReadFolder(Golden.Folder(name)).EosTokenIds;
        Assert.Equal(golden.GetProperty("eos_token_id").Ints(), eos);

        foreach (int batch in (int[])[1, prompts.Length])
        {
            foreach ((string kind, Adapter? over) in new[] { ("base", (Adapter?)null), ("adapter", adapter) })
            {
                GenerationOptions options = new() { MaxNewTokens = limit, BatchSize = batch };
                Generator generator = new(model);
                IReadOnlyList<Completion> free = generator.Generate(prompts, options, over);
                IReadOnlyList<Completion> stopped = generator.Generate(
                    prompts,
                    options with
                    {
                        StopTokens = [.. eos],
                    },
                    over
                );
                for (int i = 0; i < runs.Length; i++)
                {
                    Assert.Equal(runs[i].GetProperty(kind).Ints(), free[i].Ids);
                    Assert.Equal(FinishReason.Length, free[i].FinishReason);
                    int[] cut = runs[i].GetProperty($"{kind}_until_eos").Ints();
                    Assert.Equal(cut, stopped[i].Ids);
                    Assert.Equal(
                        eos.Contains(cut[^1]) ? FinishReason.Stop : FinishReason.Length,
                        stopped[i].FinishReason
                    );
                }

                Assert.Equal(2 * prompts.Sum(prompt => prompt.Length), generator.Speed.PromptTokens);
            }
        }
    }
}
