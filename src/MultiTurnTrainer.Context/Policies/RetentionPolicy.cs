namespace MultiTurnTrainer.Context.Policies;

/// <summary>What becomes of something when it leaves the window.</summary>
public enum RetentionClass
{
    /// <summary>It may go without a trace.</summary>
    Drop,

    /// <summary>It may be summarised.</summary>
    Summarize,

    /// <summary>It stays word for word.</summary>
    Keep,
}

/// <summary>What something that was said is.</summary>
public enum SaidKind
{
    /// <summary>A question, a fact, an explanation.</summary>
    Other,

    /// <summary>Thanks and assent.</summary>
    Acknowledgement,

    /// <summary>Greetings, courtesies, small talk.</summary>
    Filler,

    /// <summary>A tool's result, to be had again by its call.</summary>
    Chunk,

    /// <summary>What the user likes.</summary>
    Preference,

    /// <summary>What the user settled.</summary>
    Decision,

    /// <summary>What somebody said they would do.</summary>
    Commitment,

    /// <summary>What the user took back or replaced.</summary>
    Correction,
}

/// <summary>
/// What stays word for word when its turn leaves the window, what may be summarised and what may go. Constraints stay whatever is said here.
/// </summary>
public sealed record RetentionPolicy
{
    /// <summary>What stays word for word.</summary>
    public IReadOnlyList<SaidKind> Keep { get; init; } =
    [SaidKind.Preference, SaidKind.Decision, SaidKind.Commitment, SaidKind.Correction];

    /// <summary>What may go: it is in no summary. Results of tools become placeholders as soon as their turn is over.</summary>
    public IReadOnlyList<SaidKind> Drop { get; init; } = [SaidKind.Acknowledgement, SaidKind.Filler, SaidKind.Chunk];

    /// <summary>Most tokens of what stays word for word; beyond, the oldest may be summarised. 0 for no limit.</summary>
    [Range(0, 100_000_000)]
    public int MaxTokens { get; init; }

    /// <summary>The model that says what a message's sentences are; empty for the built-in rules.</summary>
    public string Model { get; init; } = "";

    /// <summary>What it is told. Empty takes the built-in text.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>What becomes of something of a kind.</summary>
    public RetentionClass ClassOf(SaidKind kind) =>
        Keep.Contains(kind) ? RetentionClass.Keep
        : Drop.Contains(kind) ? RetentionClass.Drop
        : RetentionClass.Summarize;
}
