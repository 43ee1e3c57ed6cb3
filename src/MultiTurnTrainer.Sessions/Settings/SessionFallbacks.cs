namespace MultiTurnTrainer.Sessions.Settings;

/// <summary>What is done when something goes wrong. Nothing else is done.</summary>
public sealed record SessionFallbacks
{
    /// <summary>When a turn was begun and nobody answers it any more.</summary>
    public DesyncFallback OnStateDesync { get; init; }

    /// <summary>When the model says that the prompt is too long.</summary>
    public OverflowFallback OnTokenOverflow { get; init; }

    /// <summary>When an answer breaks off.</summary>
    public StreamFallback OnStreamFailure { get; init; }
}

/// <summary>What becomes of a session whose log and server do not agree.</summary>
public enum DesyncFallback
{
    /// <summary>The pending turn is interrupted: the session is at its last committed turn.</summary>
    RollbackLastCommitted,
}

/// <summary>What becomes of a prompt that the model finds too long.</summary>
public enum OverflowFallback
{
    /// <summary>The prompt is planned anew, shorter by a quarter of the budget but by no more than half of it or its earlier turns, and sent once more.</summary>
    CompressAndRetry,

    /// <summary>The client gets the error.</summary>
    Refuse,
}

/// <summary>What becomes of an answer that broke off.</summary>
public enum StreamFallback
{
    /// <summary>The turn is interrupted, what came is kept aside, and the client is told.</summary>
    DiscardPendingAndNotify,

    /// <summary>What came becomes part of the conversation, and the client is told.</summary>
    AcknowledgePartial,
}

/// <summary>Sends a request to a model where everything that the rule names holds.</summary>
public sealed record RoutingRule
{
    /// <summary>The model that answers then.</summary>
    [Required]
    public string Model { get; init; } = "";

    /// <summary>Where the assembled prompt has more tokens.</summary>
    [Range(0, 100_000_000)]
    public int? AboveTokens { get; init; }

    /// <summary>Where tools are declared, or are not.</summary>
    public bool? Tools { get; init; }

    /// <summary>Where the client named this model.</summary>
    public string? From { get; init; }

    /// <summary>Where the request's metadata has these texts.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
