using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Why a run ended.</summary>
public enum TrainEnd
{
    /// <summary>All steps are done.</summary>
    Finished,

    /// <summary>The evaluation loss stopped improving.</summary>
    StoppedEarly,

    /// <summary>Asked to stop; the state is saved.</summary>
    Stopped,

    /// <summary>NaN, or a spike that was to stop the run; the state before it is saved.</summary>
    Diverged,
}

/// <summary>How a run ended.</summary>
/// <param name="End">Why.</param>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Last">The last step's metrics; null where no step was done.</param>
/// <param name="Message">What happened, for the cases that need words.</param>
public sealed record TrainOutcome(TrainEnd End, int Step, StepMetrics? Last, string? Message)
{
    /// <summary>Why the weights written are the last ones and not the best, which were asked for; null where all is well.</summary>
    public string? BestLost { get; init; }
}
