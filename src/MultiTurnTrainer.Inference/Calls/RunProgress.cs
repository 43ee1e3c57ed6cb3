namespace MultiTurnTrainer.Inference.Calls;

/// <summary>How far a run is.</summary>
/// <param name="Done">Dialogues or tasks that ended.</param>
/// <param name="Total">All of them.</param>
/// <param name="Failed">Those that ended without a result.</param>
/// <param name="Spent">What was spent, earlier parts of the run included.</param>
/// <param name="Elapsed">The time of this part of the run.</param>
/// <param name="Remaining">The time left, by the pace of this part; null before the first one ended.</param>
public sealed record RunProgress(
    int Done,
    int Total,
    int Failed,
    Spending Spent,
    TimeSpan Elapsed,
    TimeSpan? Remaining
);
