using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>The micro-batches of a step, whose gradient is in the parameters' now.</summary>
/// <param name="Normalizer">What the summed losses are divided by.</param>
/// <param name="Parts">The micro-batches with their results.</param>
internal sealed record StepWork(double Normalizer, IReadOnlyList<(IMicroBatch Batch, MicroResult Result)> Parts)
{
    /// <summary>Whether any label counts.</summary>
    public bool IsSupervised => Normalizer > 0;

    /// <summary>The branches of the objective that its micro-batches took; empty where there is only one.</summary>
    public string Branch { get; } =
        string.Join('+', Parts.Select(part => part.Batch.Branch).Distinct().Order(StringComparer.Ordinal));

    /// <summary>Rewards and margins of the step; null where nothing is compared.</summary>
    public PreferenceMetrics? MergePreferences(int step)
    {
        PreferenceTally[] tallies = [.. Parts.Select(part => part.Result.Preferences).OfType<PreferenceTally>()];
        return tallies.Length > 0 ? PreferenceTally.Merge(step, tallies) : null;
    }

    /// <summary>The terms of the step's loss; null where nothing is distilled.</summary>
    public DistillationMetrics? MergeDistillation(int step) =>
        Distillations is { Length: > 0 } tallies ? DistillationTally.Merge(step, tallies) : null;

    /// <summary>The first dialogue that was sampled for the step; null where none was.</summary>
    public RolloutRecord? FirstRollout(int step) =>
        Distillations.FirstOrDefault(tally => tally.Rollout is not null)?.Rollout is { } first
            ? first with
            {
                Step = step,
            }
            : null;

    private DistillationTally[] Distillations =>
        [.. Parts.Select(part => part.Result.Distillation).OfType<DistillationTally>()];

    /// <summary>Summed token losses over the normaliser, nats; 0 without a label.</summary>
    public double Loss { get; } = Normalizer > 0 ? Parts.Sum(part => part.Result.LossSum) / Normalizer : 0;
}
