namespace MultiTurnTrainer.Training.Metrics;

/// <summary>What one optimizer step measured; one line of <c>metrics.csv</c> and <c>metrics.jsonl</c>.</summary>
public sealed record StepMetrics
{
    /// <summary>The step, from 1.</summary>
    public required int Step { get; init; }

    /// <summary>Passes over the data after this step.</summary>
    public required double Epoch { get; init; }

    /// <summary>Summed token losses over the step's normaliser, before the update; nats.</summary>
    public required double Loss { get; init; }

    /// <summary>Exponential mean of the loss over about 20 steps, bias-corrected.</summary>
    public required double SmoothedLoss { get; init; }

    /// <summary>L2 norm of the whole gradient before clipping.</summary>
    public required double GradNorm { get; init; }

    /// <summary>The learning rate of the update.</summary>
    public required double Lr { get; init; }

    /// <summary>Tokens that went through the model.</summary>
    public required long Tokens { get; init; }

    /// <summary>Tokens with a label, counted after the shift.</summary>
    public required long SupervisedTokens { get; init; }

    /// <summary>Share of labelled tokens whose label was the most likely token.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Tokens per second over the step.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Wall time of the step.</summary>
    public required double Seconds { get; init; }

    /// <summary>Share of the step's time spent in the head and its loss.</summary>
    public required double HeadShare { get; init; }

    /// <summary>Tokens sampled to learn from; 0 where the data is given.</summary>
    public required long RolloutTokens { get; init; }

    /// <summary>Wall time of sampling, part of <see cref="Seconds"/>.</summary>
    public required double RolloutSeconds { get; init; }

    /// <summary>Floating-point operations of the step per second, in 10⁹.</summary>
    public required double Gflops { get; init; }

    /// <summary>The process's highest resident memory so far, in 2²⁰ bytes.</summary>
    public required double PeakMemoryMb { get; init; }

    /// <summary>Rewards and margins; null where nothing is compared.</summary>
    public PreferenceMetrics? Preferences { get; init; }

    /// <summary>The terms of the loss; null where nothing is distilled.</summary>
    public DistillationMetrics? Distillation { get; init; }

    /// <summary>A dialogue that was sampled for the step; null where none was.</summary>
    public RolloutRecord? Rollout { get; init; }

    /// <summary>Whether the step completed a spike of the loss.</summary>
    public bool Spike { get; init; }
}
