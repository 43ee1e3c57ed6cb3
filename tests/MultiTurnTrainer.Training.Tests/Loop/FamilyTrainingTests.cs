using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Loop;

/// <summary>Ten AdamW steps of every family against the real libraries, with and without recomputed blocks.</summary>
public class FamilyTrainingTests
{
    public static TheoryData<string> Names =>
        SharedData.Root is null
            ? ["llama"]
            :
            [
                .. Directory
                    .GetDirectories(SharedData.Path("peers", "families"))
                    .Select(path => Path.GetFileName(path))
                    .Order(StringComparer.Ordinal),
            ];

    [Theory]
    [MemberData(nameof(Names))]
    public void Execute_TenSteps_EqualTheReference(string name) => RunAndCompare(name, Recompute.Off);

    [Theory]
    [InlineData("qwen3_5")]
    [InlineData("gemma4_e")]
    [InlineData("qwen3_moe")]
    [InlineData("gpt_oss")]
    [InlineData("granite")]
    public void Execute_WithRecompute_EqualsTheReference(string name) => RunAndCompare(name, Recompute.Full);

    private static void RunAndCompare(string name, Recompute recompute)
    {
        string source = SharedData.Path("peers", "families", name);
        string expected = Path.Combine(source, "expected");
        JsonView plan = TrainingCase.Json(Path.Combine(expected, "train.json"));
        using TempFolder folder = new();
        TrainRequest request = new()
        {
            Model = source,
            TrainFiles = [TrainingCase.WriteRows(folder, Path.Combine(source, "batch.json"), plan)],
            Output = folder["out"],
            InitAdapter = Path.Combine(source, "adapter"),
            Train = TrainingCase.Settings(plan) with { Recompute = recompute },
        };

        Assert.Equal(TrainEnd.Finished, TrainingCase.Run(request).End);

        foreach (
            (JsonView actual, JsonView wanted) in TrainingCase
                .Metrics(request.Output)
                .Zip(plan.GetProperty("steps").EnumerateArray())
        )
        {
            Assert.Equal(wanted.GetProperty("loss").GetDouble(), actual.GetProperty("loss").GetDouble(), 1e-5);
            double norm = wanted.GetProperty("grad_norm").GetDouble();
            Assert.Equal(norm, actual.GetProperty("grad_norm").GetDouble(), norm * 1e-4);
        }

        double difference = TrainingCase.LargestDifference(
            Path.Combine(request.Output, "adapter_model.safetensors"),
            Path.Combine(expected, "final_adapter", "adapter_model.safetensors")
        );
        Assert.InRange(difference, 0, 1e-4);
    }
}
