using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>What the distilling objectives learn from.</summary>
public sealed record DistillationData
{
    /// <summary>Sharded tasks, for <c>maigo</c> and <c>ccopd</c>.</summary>
    public IReadOnlyList<RolloutTask> Tasks { get; init; } = [];

    /// <summary>Logged turns with cleaned contexts, for <c>distill-offline</c>.</summary>
    public IReadOnlyList<CleanedTurn> Turns { get; init; } = [];

    /// <summary>Tasks or turns, whichever there are.</summary>
    public int Units => Tasks.Count + Turns.Count;

    /// <summary>Tokens that end a reply.</summary>
    public required IReadOnlyCollection<int> StopTokens { get; init; }

    /// <summary>Samples the student's replies; null where this process does.</summary>
    public IRolloutServer? Server { get; init; }

    /// <summary>β, ρ, α, limits.</summary>
    public DistillationSettings Settings { get; init; } = new();
}
