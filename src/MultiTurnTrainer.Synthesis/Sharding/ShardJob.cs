using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Sharding;

/// <summary>How sharded tasks are written.</summary>
public enum ShardFormat
{
    /// <summary>One object a line.</summary>
    Mtt,

    /// <summary>Lost in Conversation's: one JSON array.</summary>
    Lic,

    /// <summary>
    /// Conversations for the supervised baseline of MAIGO (methods.md 1.6): all user turns, one more that asks for the
    /// answer, the gold answer.
    /// </summary>
    Sft,
}

/// <summary>Everything a sharding run needs from outside.</summary>
public sealed record ShardJob
{
    /// <summary>The settings.</summary>
    public required ShardSettings Settings { get; init; }

    /// <summary>Files of tasks.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>The output file; the model method keeps its journal beside it.</summary>
    public required string Output { get; init; }

    /// <summary>How tasks are written.</summary>
    public ShardFormat Format { get; init; }

    /// <summary>Files of tasks whose questions must not appear, such as the evaluation set.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Whether to go on from the journal.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether an earlier output may be replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Reads an environment variable: the only source of keys.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Opens a local model folder; null where this build cannot.</summary>
    public Func<string, IChatModel>? LocalModel { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
