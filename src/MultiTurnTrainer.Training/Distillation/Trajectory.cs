using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>One turn of a rollout.</summary>
/// <param name="Turn">From 1.</param>
/// <param name="Context">The ids the student was asked with.</param>
/// <param name="Reply">What it said, its stop token included.</param>
/// <param name="Text">The reply's text.</param>
internal sealed record RolledTurn(int Turn, int[] Context, int[] Reply, string Text)
{
    /// <summary>Whether anything was said: an empty reply has no token to learn from.</summary>
    public bool IsEligible => !string.IsNullOrWhiteSpace(Text);
}

/// <summary>A dialogue as the student played it; shorter than the task where its context grew over the limit.</summary>
/// <param name="Task">The task.</param>
/// <param name="Turns">The turns played.</param>
internal sealed record Trajectory(RolloutTask Task, IReadOnlyList<RolledTurn> Turns)
{
    /// <summary>Whether the answer turn was reached.</summary>
    public bool IsComplete => Turns.Count == Task.Turns;

    /// <summary>The dialogue as text.</summary>
    public IEnumerable<RolloutTurn> Shown =>
        Turns.Select(turn => new RolloutTurn(Task.Shards[turn.Turn - 1], turn.Text));
}
