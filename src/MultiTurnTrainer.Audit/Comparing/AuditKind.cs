namespace MultiTurnTrainer.Audit.Comparing;

/// <summary>What can be wrong with a row that a trainer trains on.</summary>
public enum AuditKind
{
    /// <summary>Supervised, and not the assistant's own.</summary>
    Leaked,

    /// <summary>The assistant's own, and not supervised.</summary>
    Lost,

    /// <summary>Supervised with another weight than the data say.</summary>
    Weight,

    /// <summary>Another text than the model will be served with.</summary>
    Prompt,

    /// <summary>mtt cannot prove a mask of its own, so nothing is compared.</summary>
    Undecided,

    /// <summary>A row without a conversation, or a conversation without a row.</summary>
    Unmatched,

    /// <summary>A mask that is not the one that was locked.</summary>
    Lock,

    /// <summary>A setting that may change what is trained and is not known.</summary>
    Setting,
}

/// <summary>A cause, as tables, JSON and SARIF name it: <c>lost/stop-token</c>.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Code">Why; a short name that stays.</param>
/// <param name="Meaning">The same in a sentence.</param>
public sealed record AuditCause(AuditKind Kind, string Code, string Meaning)
{
    /// <summary><c>kind/code</c>.</summary>
    public string Name => $"{KindName(Kind)}/{Code}";

    /// <summary>All causes that a comparison of rows can find, in the order of tables.</summary>
    public static IReadOnlyList<AuditCause> All { get; } =
    [
        new(AuditKind.Leaked, "header", "the header of an answer, which the server sends"),
        new(AuditKind.Leaked, "user", "words of the user"),
        new(AuditKind.Leaked, "system", "the system message"),
        new(AuditKind.Leaked, "tool-result", "what a tool answered"),
        new(AuditKind.Leaked, "tools", "the declarations of tools"),
        new(AuditKind.Leaked, "template-text", "what the template writes outside answers"),
        new(AuditKind.Leaked, "after-stop", "what follows the stop token, which the model never writes"),
        new(
            AuditKind.Leaked,
            "not-to-learn",
            "an answer that the data or options exclude: weight 0, train false, another role"
        ),
        new(AuditKind.Leaked, "inserted", "text that the model's own template does not print"),
        new(AuditKind.Leaked, "other-label", "a label that is not its own token"),
        new(AuditKind.Lost, "stop-token", "the token that ends an answer: the model does not learn to stop"),
        new(AuditKind.Lost, "think-block", "the empty think block that the model must write before an answer"),
        new(AuditKind.Lost, "first-token", "the beginning of an answer"),
        new(AuditKind.Lost, "earlier-answer", "a whole answer before the last one"),
        new(AuditKind.Lost, "answer", "a whole answer, the last one"),
        new(AuditKind.Lost, "reasoning", "a part of an answer's reasoning"),
        new(AuditKind.Lost, "calls", "a part of an answer's calls"),
        new(AuditKind.Lost, "part", "another part of an answer"),
        new(AuditKind.Lost, "cut", "a part of an answer that was cut off the row"),
        new(AuditKind.Lost, "cut-answer", "a whole answer that was cut off the row"),
        new(AuditKind.Lost, "replaced", "a part of an answer that other text replaces"),
        new(AuditKind.Weight, "ignored", "a weight of the data counts as another one"),
        new(AuditKind.Prompt, "beginning", "what comes before the first message"),
        new(AuditKind.Prompt, "system", "the system message"),
        new(AuditKind.Prompt, "tools", "the declarations of tools"),
        new(AuditKind.Prompt, "user", "the user's turn"),
        new(AuditKind.Prompt, "tool-result", "the turn of a tool's result"),
        new(AuditKind.Prompt, "header", "the header of an answer"),
        new(AuditKind.Prompt, "think-block", "a think block that is there, or is not"),
        new(AuditKind.Prompt, "answer", "an answer"),
        new(AuditKind.Prompt, "turn-end", "the end of an answer's turn"),
        new(AuditKind.Prompt, "cut", "the row is cut: what comes after, or before, is not there"),
        new(AuditKind.Prompt, "blanks", "blanks and line breaks"),
        new(AuditKind.Prompt, "other-tokens", "the same text in other tokens"),
        new(AuditKind.Lock, "moved", "a conversation whose ids or mask are not the locked ones"),
        new(AuditKind.Lock, "new", "a conversation that the lock does not know"),
        new(AuditKind.Lock, "gone", "a locked conversation that is not in the data"),
        new(AuditKind.Lock, "fingerprint", "template, tokenizer or options are not the locked ones"),
        new(AuditKind.Unmatched, "row", "a row whose conversation is not in the data"),
        new(AuditKind.Unmatched, "conversation", "a conversation that no row was made of"),
    ];

    /// <summary>The kind as it is written.</summary>
    public static string KindName(AuditKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>The cause of a name; one of a kind that has no list, such as a refusal's code, is made.</summary>
    public static AuditCause Of(AuditKind kind, string code) =>
        All.FirstOrDefault(cause => cause.Kind == kind && cause.Code == code) ?? new AuditCause(kind, code, code);
}
