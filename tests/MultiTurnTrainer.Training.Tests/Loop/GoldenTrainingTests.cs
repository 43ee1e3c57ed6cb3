using System.Text.Json;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Loop;

/// <summary>Ten AdamW steps against the reference; tolerances are the reference's.</summary>
public class GoldenTrainingTests
{
    public static TheoryData<string> Cases => TrainingCase.Names;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Execute_TenSteps_EqualTheReference(string name) => RunAndCompare(name, settings => settings);

    [Theory]
    [InlineData("qwen2", Recompute.Selective)]
    [InlineData("mistral", Recompute.Full)]
    [InlineData("gemma2", Recompute.Full)]
    [InlineData("qwen3", Recompute.Full)]
    public void Execute_WithRecompute_EqualsTheReference(string name, Recompute recompute) =>
        RunAndCompare(name, settings => settings with { Recompute = recompute });

    [Theory]
    [InlineData(1, 6)]
    [InlineData(6, 1)]
    public void Execute_OtherSplitOfTheStep_EqualsTheReference(int batch, int accumulation) =>
        RunAndCompare(
            "llama",
            settings => settings with { PerDeviceTrainBatchSize = batch, GradientAccumulationSteps = accumulation }
        );

    [Fact]
    public void Execute_OneStep_GivesTheReferencesFirstAdapter()
    {
        using TempFolder folder = new();
        foreach (string name in TrainingCase.Names)
        {
            // The schedule must stay that of ten steps, so the run is stopped, and its state is read from a checkpoint.
            TrainSettings settings = TrainingCase.Settings(name) with
            {
                SaveSteps = 1,
                SaveTotalLimit = 100,
            };
            string output = folder[name];
            TrainingCase.Run(TrainingCase.Request(name, TrainingCase.WriteRows(folder, name), output, settings));
            float[] flat = [.. ReadFlat(Path.Combine(output, "checkpoints", "step-00000001", "parameters.bin"))];
            using Models.Safetensors.SafetensorsFile expected = Models.Safetensors.SafetensorsFile.Open(
                TrainingCase.Expected(name, "adapter_after_step1.safetensors")
            );
            float[] wanted =
            [
                .. expected
                    .Entries.Keys.Where(key => !key.Contains("base_layer", StringComparison.Ordinal))
                    .SelectMany(key => expected.Values<float>(key).ToArray()),
            ];
            Assert.Equal(wanted.Order(), flat.Order(), (a, b) => Math.Abs(a - b) < 1e-5);
        }
    }

    private static IEnumerable<float> ReadFlat(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, i * 4));
    }

    private static void RunAndCompare(string name, Func<TrainSettings, TrainSettings> change)
    {
        using TempFolder folder = new();
        string output = folder["out"];
        TrainOutcome outcome = TrainingCase.Run(
            TrainingCase.Request(
                name,
                TrainingCase.WriteRows(folder, name),
                output,
                change(TrainingCase.Settings(name))
            )
        );

        Assert.Equal(TrainEnd.Finished, outcome.End);
        IReadOnlyList<JsonView> metrics = TrainingCase.Metrics(output);
        Assert.Equal(10, metrics.Count);
        foreach (
            (JsonView actual, JsonView expected) in metrics.Zip(
                TrainingCase.Plan(name).GetProperty("steps").EnumerateArray()
            )
        )
        {
            Assert.Equal(expected.GetProperty("loss").GetDouble(), actual.GetProperty("loss").GetDouble(), 1e-5);
            double norm = expected.GetProperty("grad_norm").GetDouble();
            Assert.Equal(norm, actual.GetProperty("grad_norm").GetDouble(), norm * 1e-4);
            Assert.Equal(expected.GetProperty("tokens").GetInt64(), actual.GetProperty("supervised_tokens").GetInt64());
        }

        double difference = TrainingCase.LargestDifference(
            Path.Combine(output, "adapter_model.safetensors"),
            TrainingCase.Expected(name, "final_adapter.safetensors")
        );
        Assert.True(difference < 1e-4, $"final adapter differs by {difference}");
        Assert.Equal(
            File.ReadAllText(Path.Combine(TrainingCase.Adapter(name), "adapter_config.json")),
            File.ReadAllText(Path.Combine(output, "adapter_config.json"))
        );
    }
}
