namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>What happens to a user turn that refers back to a reply which cleaning removes.</summary>
public enum BackReferences
{
    /// <summary>The reply before it stays in the reference, so that the turn can be understood.</summary>
    Keep,

    /// <summary>It is cleaned like any other, and marked.</summary>
    Clean,

    /// <summary>Records whose newest user turn refers back are left out and counted.</summary>
    Drop,
}

/// <summary>What happens where a user takes back what they said before.</summary>
public enum Corrections
{
    /// <summary>Both stand in the cleaned turns; only the canonical task holds the last word alone.</summary>
    Mark,

    /// <summary>The earlier turns are rewritten too, from the correcting turn on: the last write wins.</summary>
    Repair,
}

/// <summary>What happens to tool calls with their results in earlier turns.</summary>
public enum ToolExchanges
{
    /// <summary>They go with the replies around them, calls and results together.</summary>
    Drop,

    /// <summary>Calls and results stay; the assistant's own words beside them go.</summary>
    Keep,
}

/// <summary>How <c>mtt clean</c> cleans: the <c>clean:</c> section of <c>mtt.yaml</c>.</summary>
public sealed record CleaningSettings
{
    /// <summary>User turns that refer back to a removed reply.</summary>
    public BackReferences BackReferences { get; init; } = BackReferences.Keep;

    /// <summary>User turns that correct earlier ones.</summary>
    public Corrections Corrections { get; init; } = Corrections.Mark;

    /// <summary>Tool exchanges of earlier turns.</summary>
    public ToolExchanges ToolExchanges { get; init; } = ToolExchanges.Drop;

    /// <summary>User messages that follow one another once the replies between them are gone.</summary>
    public ConsecutiveUsers ConsecutiveUsers { get; init; } = ConsecutiveUsers.Keep;

    /// <summary>Whether an answer turn's reference ends with the canonical task. The paper appends it; not to is an ablation.</summary>
    public bool CanonicalTask { get; init; } = true;
}
