namespace MultiTurnTrainer.Evaluation.Simulation;

/// <summary>One finished dialogue.</summary>
/// <param name="Task">The task.</param>
/// <param name="Mode">How it was put.</param>
/// <param name="Run">The run, from 0.</param>
/// <param name="Turns">Everything said.</param>
/// <param name="AnyAttempt">Whether any reply was correct (the published score).</param>
/// <param name="LastTurn">Whether the last reply was correct.</param>
public sealed record Dialogue(
    ShardedTask Task,
    SimulationMode Mode,
    int Run,
    IReadOnlyList<ChatTurn> Turns,
    bool AnyAttempt,
    bool LastTurn
);
