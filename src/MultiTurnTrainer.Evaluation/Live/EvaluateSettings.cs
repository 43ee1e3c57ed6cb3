namespace MultiTurnTrainer.Evaluation.Live;

/// <summary>The <c>evaluate:</c> section of <c>mtt.yaml</c>: who plays which part of simulated dialogues, and where.</summary>
public sealed record EvaluateSettings : RunSettings
{
    /// <summary>The file of tasks, where the command line names none.</summary>
    public string? Tasks { get; init; }

    /// <summary>The ways in which each task is put to the model, with commas between.</summary>
    public string Modes { get; init; } = "full,concat,sharded";

    /// <summary>Runs of each task.</summary>
    [Range(1, 100_000)]
    public int Runs { get; init; } = 10;

    /// <summary>The most tasks, the first of the file; null for all.</summary>
    [Range(1, int.MaxValue)]
    public int? Limit { get; init; }

    /// <summary>Dialogues that a local model answers together.</summary>
    [Range(1, 65_536)]
    public int BatchSize { get; init; } = 64;

    /// <summary>The model of the assistant, and of the other roles that name none.</summary>
    public string? Model { get; init; }

    /// <summary>The assistant, whose answers are scored.</summary>
    public RoleSettings Assistant { get; init; } = new() { Temperature = 1, MaxTokens = 1000 };

    /// <summary>A model that plays the user; null for the shards word for word, in their order.</summary>
    public RoleSettings? User { get; init; }

    /// <summary>A model that says what a reply is and takes the answer out of it; null for rules.</summary>
    public RoleSettings? Verifier { get; init; }

    /// <summary>The most replies of a dialogue whose user is a model; null for twice the task's shards and four.</summary>
    [Range(1, 10_000)]
    public int? MaxTurns { get; init; }
}
