namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>Where in its dialogue a reply stands (methods.md 1.1).</summary>
public enum TurnKind
{
    /// <summary>Before the last turn: its reference is the cleaned prefix alone.</summary>
    Middle,

    /// <summary>The last turn: its reference ends with the canonical task.</summary>
    Answer,
}

/// <summary>How a record's reference context came about.</summary>
public enum ReferencePolicy
{
    /// <summary>There was nothing to remove or to add: both contexts are the same.</summary>
    Unchanged,

    /// <summary>Earlier replies are gone.</summary>
    Cleaned,

    /// <summary>Earlier replies are gone, but for those that a later user turn refers back to.</summary>
    Kept,

    /// <summary>Earlier user turns are rewritten to the user's last word.</summary>
    Repaired,
}

/// <summary>
/// One logged assistant message with the context it was given in and the same context cleaned: the row of
/// <c>mtt clean</c>, and what <c>distill-offline</c> trains on. As a JSON line its properties are in snake case, and those that are
/// null are left out.
/// </summary>
public sealed record CleanedRecord
{
    /// <summary>The conversation's id or number, <c>#</c>, the turn, and the step where a turn has several messages.</summary>
    public required string Id { get; init; }

    /// <summary>Middle or answer.</summary>
    public required TurnKind Kind { get; init; }

    /// <summary>The turn, from 1.</summary>
    public required int Turn { get; init; }

    /// <summary>Turns of the conversation.</summary>
    public required int Turns { get; init; }

    /// <summary>How the reference came about.</summary>
    public required ReferencePolicy Policy { get; init; }

    /// <summary>The messages as they were before this one.</summary>
    public required IReadOnlyList<JsonView> StudentContext { get; init; }

    /// <summary>The cleaned messages: system and user turns, with the exceptions that the settings and the policy name.</summary>
    public required IReadOnlyList<JsonView> ReferenceContext { get; init; }

    /// <summary>The assistant message.</summary>
    public required JsonView Completion { get; init; }

    /// <summary>How much the message counts in the loss, the row's weight multiplied in; null for 1.</summary>
    public float? Weight { get; init; }

    /// <summary>The conversation's tools.</summary>
    public JsonView? Tools { get; init; }

    /// <summary>The conversation's own template variables.</summary>
    public IReadOnlyDictionary<string, JsonView>? ChatTemplateKwargs { get; init; }

    /// <summary>Indexes of messages that the student sees and the reference does not.</summary>
    public IReadOnlyList<int> Removed { get; init; } = [];

    /// <summary>Indexes of earlier replies that stayed because a user turn refers back to them.</summary>
    public IReadOnlyList<int> Kept { get; init; } = [];

    /// <summary>What was noticed about the user messages up to this one.</summary>
    public IReadOnlyList<TurnMark> Marks { get; init; } = [];
}
