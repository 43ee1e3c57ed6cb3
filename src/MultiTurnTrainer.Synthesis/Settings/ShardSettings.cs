namespace MultiTurnTrainer.Synthesis.Settings;

/// <summary>Who cuts a task into shards.</summary>
public enum ShardMethod
{
    /// <summary>Fixed rules, offline (CCOPD's).</summary>
    Rules,

    /// <summary>A model in three steps: segment, rephrase, verify (Lost in Conversation's).</summary>
    Model,
}

/// <summary>The <c>shard:</c> section of <c>mtt.yaml</c>.</summary>
public sealed record ShardSettings
{
    /// <summary>Who cuts.</summary>
    public ShardMethod Method { get; init; } = ShardMethod.Rules;

    /// <summary>Whether tasks that hold shards are cut anew; else they keep them, and only the format may change.</summary>
    public bool Reshard { get; init; }

    /// <summary>The family written for tasks that name none; it chooses the verifier at evaluation.</summary>
    public string Family { get; init; } = "exact";

    /// <summary>Longer questions are left out; null for no limit. CCOPD takes 1,200.</summary>
    [Range(1, 10_000_000)]
    public int? MaxCharacters { get; init; }

    /// <summary>The model method: the most segments of a task, as in the paper's math prompt.</summary>
    [Range(2, 100)]
    public int MaxSegments { get; init; } = 10;

    /// <summary>The model method: rephrasings that may follow one which the verifier calls incomplete.</summary>
    [Range(0, 10)]
    public int MaxRewrites { get; init; } = 1;

    /// <summary>The model method: the model that segments, rephrases and verifies.</summary>
    public RoleSettings Sharder { get; init; } = new() { Temperature = 0 };

    /// <summary>The model method: endpoints, limits, prompts and prices, as for <c>mtt review</c>.</summary>
    public ShardRunSettings Run { get; init; } = new();
}

/// <summary>How the model method calls models.</summary>
public sealed record ShardRunSettings : CallSettings;
