using System.Text.Json;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Tests.Distillation;

/// <summary>Whole runs of the distilling objectives on a tiny reference model.</summary>
public class ObjectiveRunTests
{
    [Theory]
    [InlineData("maigo")]
    [InlineData("ccopd")]
    [InlineData("distill-offline")]
    public void Execute_DistillingObjective_WritesAnAdapterThatMoved(string objective)
    {
        using TempFolder folder = new();
        TrainOutcome outcome = Run(folder["out"], objective, steps: 3);
        Assert.Equal(TrainEnd.Finished, outcome.End);
        JsonElement[] steps = Metrics(folder["out"]);
        Assert.Equal(3, steps.Length);
        Assert.All(steps, step => Assert.True(step.GetProperty("grad_norm").GetDouble() > 0));
        Assert.All(steps, step => Assert.True(step.GetProperty("supervised_tokens").GetInt64() > 0));
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(folder["out.manifest.json"]));
        JsonElement options = manifest.RootElement.GetProperty("options");
        Assert.Equal(0.99, options.GetProperty("distill").GetProperty("ema_decay").GetDouble());
    }

    [Theory]
    [InlineData("maigo")]
    [InlineData("ccopd")]
    public void Execute_ResumedRun_EndsWithTheSameBytes(string objective)
    {
        using TempFolder folder = new();
        Run(folder["whole"], objective, steps: 4);
        Run(folder["parts"], objective, steps: 4, stopAfter: 2);
        Run(folder["parts"], objective, steps: 4, resume: true);
        Assert.Equal(
            File.ReadAllBytes(folder["whole/adapter_model.safetensors"]),
            File.ReadAllBytes(folder["parts/adapter_model.safetensors"])
        );
    }

    [Fact]
    public void Execute_OfflineTurns_LowersTheDivergence()
    {
        using TempFolder folder = new();
        Run(folder["out"], "distill-offline", steps: 30, rate: 2e-2);
        double[] losses = [.. Metrics(folder["out"]).Select(step => step.GetProperty("loss").GetDouble())];
        Assert.True(losses[^1] < 0.7 * losses[0], $"{losses[0]} to {losses[^1]}");
    }

    private static TrainOutcome Run(
        string output,
        string objective,
        int steps,
        int? stopAfter = null,
        bool resume = false,
        double rate = 1e-3
    )
    {
        using CancellationTokenSource stop = new();
        TrainRequest request = DistillationCase.Request(output, objective, steps, rate) with
        {
            Resume = resume ? "auto" : null,
        };
        return TrainingRun.Execute(request, new Observer(stop, stopAfter), TimeProvider.System, stop.Token);
    }

    private static JsonElement[] Metrics(string output) =>
        [.. File.ReadLines(Path.Combine(output, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>Asks to stop after a step.</summary>
    private sealed class Observer(CancellationTokenSource stop, int? after) : ITrainingObserver
    {
        public void Stepped(StepMetrics metrics)
        {
            if (metrics.Step == after)
            {
                stop.Cancel();
            }
        }

        public void Warned(string message) => Assert.Fail(message);
    }
}
