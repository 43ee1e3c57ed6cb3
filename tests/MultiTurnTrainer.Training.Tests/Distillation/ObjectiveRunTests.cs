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

    /// <summary>The terms add up to the step's loss, and the dialogues stand in the files and on the page.</summary>
    [Theory]
    [InlineData("maigo", 3.0)]
    [InlineData("ccopd", 3.0)]
    [InlineData("distill-offline", 3.0)]
    public void Execute_DistillingObjective_WritesItsTermsAndRollouts(string objective, double tasksPerStep)
    {
        using TempFolder folder = new();
        Run(folder["out"], objective, steps: 4);

        IReadOnlyList<DistillationMetrics> terms = MetricsLog.ReadRecords<DistillationMetrics>(
            folder["out/distillation.jsonl"]
        );
        Assert.Equal([1, 2, 3, 4], terms.Select(step => step.Step));
        double[] losses = [.. Metrics(folder["out"]).Select(step => step.GetProperty("loss").GetDouble())];
        double[] sums =
        [
            .. terms.Select(step =>
                new[] { step.Middle, step.Answer, step.Full }.Sum(part => part is null ? 0 : part.Loss * part.Replies)
                / tasksPerStep
            ),
        ];
        Assert.All(losses.Zip(sums), pair => Assert.Equal(pair.First, pair.Second, 1e-6 * Math.Abs(pair.First)));
        string page = File.ReadAllText(folder["out/report.html"]);
        Assert.Contains("<figcaption>Loss by term</figcaption>", page, StringComparison.Ordinal);

        IReadOnlyList<RolloutRecord> rollouts = MetricsLog.ReadRecords<RolloutRecord>(folder["out/rollouts.jsonl"]);
        if (objective == "distill-offline")
        {
            Assert.Empty(rollouts);
            return;
        }

        Assert.Equal([1, 2, 3, 4], rollouts.Select(rollout => rollout.Step));
        RolloutRecord dialogue = rollouts.First(rollout => rollout.Term == ReplyTerm.Answer);
        Assert.Equal(["more", "the end"], dialogue.Turns.Skip(1).Select(turn => turn.User));
        Assert.Contains($"step 4: {rollouts[3].Task}", page, StringComparison.Ordinal);
        Assert.Contains(dialogue.Turns[0].User, page, StringComparison.Ordinal);
    }

    /// <summary>MAIGO has all three terms in a run that draws both branches.</summary>
    [Fact]
    public void Execute_Maigo_HasMiddleAnswerAndFullTerms()
    {
        using TempFolder folder = new();
        Run(folder["out"], "maigo", steps: 8);
        IReadOnlyList<DistillationMetrics> terms = MetricsLog.ReadRecords<DistillationMetrics>(
            folder["out/distillation.jsonl"]
        );
        Assert.Contains(terms, step => step.Middle is { Replies: > 0, Tokens: > 0 });
        Assert.Contains(terms, step => step.Answer is { Replies: > 0, Tokens: > 0 });
        Assert.Contains(terms, step => step.Full is { Replies: > 0, Tokens: > 0 });
        Assert.All(terms, step => Assert.InRange(step.Answer?.Divergence ?? 0, 0, 1));
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
        foreach (string file in new[] { "adapter_model.safetensors", "distillation.jsonl", "rollouts.jsonl" })
        {
            Assert.Equal(File.ReadAllBytes(folder[$"whole/{file}"]), File.ReadAllBytes(folder[$"parts/{file}"]));
        }
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
