namespace MultiTurnTrainer.Sessions.States;

/// <summary>Where a turn stands.</summary>
public enum TurnStatus
{
    /// <summary>The answer is being made.</summary>
    Pending,

    /// <summary>Question and answer are part of the conversation.</summary>
    Committed,

    /// <summary>The answer broke off; nothing of the turn is part of the conversation.</summary>
    Interrupted,

    /// <summary>The answer broke off, and what was shown of it is part of the conversation.</summary>
    Acknowledged,

    /// <summary>It was part of the conversation and is so no longer.</summary>
    RolledBack,

    /// <summary>Another answer to the same question took its place.</summary>
    Replaced,
}

/// <summary>One question with what came of it.</summary>
public sealed record SessionTurn
{
    /// <summary>Its id, unique in its tenant.</summary>
    public required string Id { get; init; }

    /// <summary>The session's version with the event that began it.</summary>
    public required long Version { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How many messages of the conversation stand before it.</summary>
    public required int First { get; init; }

    /// <summary>Where it stands.</summary>
    public TurnStatus Status { get; init; }

    /// <summary>Its new messages.</summary>
    public required IReadOnlyList<JsonView> Messages { get; init; }

    /// <summary>The client's idempotency key.</summary>
    public string? Key { get; init; }

    /// <summary>A hash of the request.</summary>
    public string? RequestHash { get; init; }

    /// <summary>Who asked.</summary>
    public string? Participant { get; init; }

    /// <summary>The turn whose question it answers anew.</summary>
    public string? Replaces { get; init; }

    /// <summary>Whether a person wrote the answer, in place of the one before.</summary>
    public bool IsEdit { get; init; }

    /// <summary>What came of an answer that is not whole; after acknowledgement, what was shown.</summary>
    public string Partial { get; init; } = "";

    /// <summary>Why it broke off.</summary>
    public string? Reason { get; init; }

    /// <summary>The answer, where the turn was committed or acknowledged, also if it is no longer part of the conversation.</summary>
    public JsonView? Answer { get; init; }

    /// <summary>How the answer was made.</summary>
    public Events.CommitInfo? Info { get; init; }

    /// <summary>When the answer became part of the conversation.</summary>
    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>Whether the conversation holds it.</summary>
    public bool IsActive => Status is TurnStatus.Committed or TurnStatus.Acknowledged;

    internal SessionMessage Said(JsonView json) => new(json, At, Id, Participant);
}
