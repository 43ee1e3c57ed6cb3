namespace MultiTurnTrainer.Sessions.Events;

/// <summary>Somebody asked. The turn is pending until one of the events below ends it.</summary>
/// <param name="Turn">The turn's id, unique in its tenant.</param>
/// <param name="Messages">The new messages, canonical objects.</param>
/// <param name="Key">The client's idempotency key.</param>
/// <param name="RequestHash">A hash of the request, to tell a repetition from another request under the same key.</param>
/// <param name="Participant">Who asks, where several people share the session.</param>
/// <param name="Replaces">The turn that is answered anew.</param>
/// <param name="Tools">The tools from here on; null leaves them.</param>
public sealed record TurnBegun(
    string Turn,
    IReadOnlyList<JsonView> Messages,
    string? Key = null,
    string? RequestHash = null,
    string? Participant = null,
    string? Replaces = null,
    JsonView? Tools = null
) : SessionEvent;

/// <summary>More of the answer has come.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="Text">What came since the checkpoint before.</param>
public sealed record TurnCheckpointed(string Turn, string Text) : SessionEvent;

/// <summary>The answer is whole and part of the conversation.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="Answer">The assistant's message, a canonical object.</param>
/// <param name="Info">How it was made.</param>
/// <param name="Money">What the call cost, by the price table; null where there is none.</param>
public sealed record TurnCommitted(string Turn, JsonView Answer, CommitInfo Info, double? Money = null) : SessionEvent;

/// <summary>How an answer was made.</summary>
public sealed record CommitInfo
{
    /// <summary>Why it ended: <c>stop</c>, <c>length</c>, <c>tool_calls</c>, …</summary>
    public string FinishReason { get; init; } = "stop";

    /// <summary>The prompt's tokens.</summary>
    public long PromptTokens { get; init; }

    /// <summary>The answer's tokens.</summary>
    public long CompletionTokens { get; init; }

    /// <summary>The model that answered.</summary>
    public string? Model { get; init; }

    /// <summary>The ids of the prompt as the model was asked with; null for a hosted model.</summary>
    public IReadOnlyList<int>? PromptIds { get; init; }

    /// <summary>SHA-256 of the prompt's messages as JSON, to prove a replay.</summary>
    public string? PromptHash { get; init; }

    /// <summary>How much of the record the prompt held.</summary>
    public ContextMode? Mode { get; init; }
}

/// <summary>How much of a record a prompt held.</summary>
public enum ContextMode
{
    /// <summary>Everything.</summary>
    Full,

    /// <summary>What is gone was summarised or shortened.</summary>
    Summarised,

    /// <summary>Of what is gone only the key facts are left.</summary>
    Facts,
}

/// <summary>The answer broke off. What came is kept aside; the conversation is as it was before the turn.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="Text">What came after the last checkpoint.</param>
/// <param name="Reason"><c>client</c>, <c>upstream</c>, <c>restart</c>, <c>shutdown</c>, …</param>
public sealed record TurnInterrupted(string Turn, string Text, string Reason) : SessionEvent;

/// <summary>The client accepted a broken answer: it becomes part of the conversation as it was shown.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="Text">Exactly what was shown.</param>
public sealed record TurnAcknowledged(string Turn, string Text) : SessionEvent;

/// <summary>Somebody wrote a better answer to a turn's question: it took the place of the answer there and of what came after.</summary>
/// <param name="Turn">The new turn's id, unique in its tenant.</param>
/// <param name="Replaces">The turn whose answer was edited.</param>
/// <param name="Answer">The assistant's message, a canonical object.</param>
public sealed record TurnEdited(string Turn, string Replaces, JsonView Answer) : SessionEvent;

/// <summary>A turn and those after it left the conversation.</summary>
/// <param name="Turn">The first that left.</param>
public sealed record TurnRolledBack(string Turn) : SessionEvent;

/// <summary>The policy shortened what a call saw.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="What">What was done, in words.</param>
/// <param name="Before">Tokens of the prompt before.</param>
/// <param name="After">Tokens after.</param>
public sealed record ContextCompressed(string Turn, IReadOnlyList<string> What, int Before, int After) : SessionEvent;

/// <summary>A ceiling was reached.</summary>
/// <param name="Which"><c>requests</c>, <c>tokens</c> or <c>money</c>.</param>
/// <param name="Spent">What was spent.</param>
/// <param name="Limit">The ceiling.</param>
/// <param name="EscalatesTo">The model that goes on; null where the session stops.</param>
public sealed record BudgetTripped(string Which, double Spent, double Limit, string? EscalatesTo = null) : SessionEvent;
