using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>Everything a run needs from outside.</summary>
public sealed record ReviewJob
{
    /// <summary>The settings.</summary>
    public required ReviewSettings Settings { get; init; }

    /// <summary>Files of instructions.</summary>
    public required IReadOnlyList<string> Seeds { get; init; }

    /// <summary>The output folder.</summary>
    public required string Output { get; init; }

    /// <summary>Whether to go on from the folder's journal.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether an earlier run in that folder may be thrown away.</summary>
    public bool Force { get; init; }

    /// <summary>The most seeds to use; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Reads an environment variable: the only source of keys.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Opens a local model folder; null where this build cannot.</summary>
    public Func<string, IChatModel>? LocalModel { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
