using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Turns;

/// <summary>What somebody asks.</summary>
public sealed record TurnRequest
{
    /// <summary>The new messages, canonical objects.</summary>
    public IReadOnlyList<JsonView> Messages { get; init; } = [];

    /// <summary>The client's idempotency key: the same key again is the same turn.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>A hash of the request, to tell a repetition from another request under the same key.</summary>
    public string? RequestHash { get; init; }

    /// <summary>The version that the client knows; null takes any.</summary>
    public long? ExpectedVersion { get; init; }

    /// <summary>Who asks, where several people share the session.</summary>
    public string? Participant { get; init; }

    /// <summary>The turn that is answered anew.</summary>
    public string? Replaces { get; init; }

    /// <summary>What was found for it in the user's other sessions; null where nothing changes.</summary>
    public ExchangesRecalled? Recalled { get; init; }

    /// <summary>The tools from here on; null leaves them.</summary>
    public JsonView? Tools { get; init; }
}

/// <summary>What became of a request.</summary>
public enum TurnStartKind
{
    /// <summary>A turn was begun: somebody must now end it.</summary>
    Started,

    /// <summary>The same request is being answered already.</summary>
    Running,

    /// <summary>The same request was answered before: the turn has the answer.</summary>
    Stored,
}

/// <summary>A turn that was begun or found.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Turn">The turn.</param>
/// <param name="State">The session with it.</param>
public sealed record TurnStart(TurnStartKind Kind, SessionTurn Turn, SessionState State);
