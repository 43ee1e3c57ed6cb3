using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Summaries;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>
/// Where the plans of a conversation stand after an answer: all that later plans need beside the messages that are still in prompts.
/// As long as the window, however long the conversation is.
/// </summary>
public sealed record PlanState
{
    /// <summary>Messages so far.</summary>
    public required int Count { get; init; }

    /// <summary>The first messages that never leave: so many of the record's first are needed.</summary>
    public int Leading => LeadingTokens.Count;

    /// <summary>The first message of the oldest turn that is in prompts: from here on all are needed.</summary>
    public required int From { get; init; }

    /// <summary>Tokens of the messages that never leave.</summary>
    public required IReadOnlyList<int> LeadingTokens { get; init; }

    /// <summary>The messages from <see cref="From"/> on.</summary>
    public required IReadOnlyList<EntryState> Entries { get; init; }

    /// <summary>The first turn that is in prompts.</summary>
    public required int FirstTurn { get; init; }

    /// <summary>The turns from there on.</summary>
    public required IReadOnlyList<TurnState> Turns { get; init; }

    /// <summary>The constraints in force.</summary>
    public required IReadOnlyList<ActiveConstraint> Constraints { get; init; }

    /// <summary>How often those have changed.</summary>
    public required int ConstraintChanges { get; init; }

    /// <summary>The summary.</summary>
    public required SummaryState Summary { get; init; }

    /// <summary>What has left and a model's summary does not cover yet; null where no model writes it.</summary>
    public WaitingMessages? Waiting { get; init; }

    /// <summary>What stays word for word of turns that have left; null where the policy keeps nothing so.</summary>
    public IReadOnlyList<KeptSentence>? Kept { get; init; }

    /// <summary>Instructions of turns that have left.</summary>
    public required IReadOnlyList<LeftInstruction> Notes { get; init; }

    /// <summary>What has left.</summary>
    public required IReadOnlyList<Omission> LeftOut { get; init; }

    /// <summary>The answer whose calls are open; −1 for none.</summary>
    public required int Caller { get; init; }

    /// <summary>How many results of those calls have come.</summary>
    public required int Answered { get; init; }

    /// <summary>Tokens of everything as it stands.</summary>
    public required int PlainTokens { get; init; }

    /// <summary>Tokens by which real prompts are longer than their parts say.</summary>
    public required int Surplus { get; init; }

    /// <summary>How often something that stood in an earlier prompt has changed.</summary>
    public required int Version { get; init; }

    /// <summary>The first tool result that may still be word for word.</summary>
    public required int NextResult { get; init; }

    /// <summary>The newest turn, as far as it was looked at.</summary>
    public required int Turn { get; init; }
}

/// <summary>A message of the window.</summary>
/// <param name="Turn">Its turn.</param>
/// <param name="Tokens">Its tokens as it stands.</param>
/// <param name="Caller">For a tool's result, the answer that called; −1 otherwise.</param>
/// <param name="Call">Which of its calls; −1 for none.</param>
/// <param name="Replacement">What stands for it.</param>
/// <param name="Reminder">What stands before it.</param>
public sealed record EntryState(
    int Turn,
    int Tokens,
    int Caller,
    int Call,
    PlanItem? Replacement = null,
    PlanItem? Reminder = null
);

/// <summary>A turn of the window.</summary>
/// <param name="First">Its first message.</param>
/// <param name="End">One past its last.</param>
/// <param name="Tokens">Its tokens in prompts.</param>
/// <param name="Plain">Its tokens as it stands.</param>
/// <param name="HasReply">Whether anybody but the user has spoken in it.</param>
public sealed record TurnState(int First, int End, int Tokens, int Plain, bool HasReply);

/// <summary>An instruction in the middle of a conversation whose turn has left.</summary>
/// <param name="Index">Its message.</param>
/// <param name="Text">Its words.</param>
public sealed record LeftInstruction(int Index, string Text);
