// Folder Policies: what a context policy declares, its checks, its presets and its fingerprint.
// Refuses to know: conversations, tokens, templates.

namespace MultiTurnTrainer.Context.Policies;

/// <summary>
/// What a prompt holds of a conversation: the <c>context:</c> section of <c>mtt.yaml</c>, or a file of its own. The same
/// policy shapes training rows and the prompts of a live session.
/// </summary>
public sealed record ContextPolicy
{
    /// <summary>Tokens the model can take, answer included; null takes the model's own limit.</summary>
    [Range(16, 100_000_000)]
    public int? Window { get; init; }

    /// <summary>The share of the window that is kept free for the answer.</summary>
    [Range(0.0, 0.9)]
    public double Reserve { get; init; } = 0.2;

    /// <summary>What happens where the steps did not make a prompt fit.</summary>
    public OverflowMode Overflow { get; init; } = OverflowMode.Drop;

    /// <summary>The sliding window over turns.</summary>
    public HistoryPolicy History { get; init; } = new();

    /// <summary>The rolling summary of what has left the window.</summary>
    public SummaryPolicy Summary { get; init; } = new();

    /// <summary>The model that writes the summary; null writes it by rule.</summary>
    public SummarizePolicy? Summarize { get; init; }

    /// <summary>What stays word for word, may be summarised or may go when it leaves the window; null leaves it to the summary.</summary>
    public RetentionPolicy? Retention { get; init; }

    /// <summary>How answers are to sound, to be measured; null for anyhow.</summary>
    public TonePolicy? Tone { get; init; }

    /// <summary>Results of tools.</summary>
    public ToolPolicy Tools { get; init; } = new();

    /// <summary>What users demand and forbid.</summary>
    public ConstraintPolicy Constraints { get; init; } = new();

    /// <summary>Who the assistant is.</summary>
    public PersonaPolicy Persona { get; init; } = new();

    /// <summary>External documents (the row's <c>documents</c>).</summary>
    public DocumentPolicy Documents { get; init; } = new();

    /// <summary>Past exchanges that come back; null for none.</summary>
    public RetrievalPolicy? Retrieval { get; init; }

    /// <summary>State variables that are always in the prompt; those of a row's <c>metadata.state</c> win.</summary>
    public IReadOnlyDictionary<string, string> State { get; init; } = new Dictionary<string, string>();

    /// <summary>Long sessions, resumed sessions, finished sub-tasks.</summary>
    public SessionPolicy Session { get; init; } = new();

    /// <summary>What makes prompts smaller, gentle to harsh; each is looked at in turn.</summary>
    public IReadOnlyList<PolicyStep> Steps { get; init; } = PolicyStep.Default;

    /// <summary>The models that it asks for artefacts, each once.</summary>
    public IReadOnlyList<string> Models() =>
        [
            .. new[]
            {
                Summarize?.Model,
                Retention?.Model,
                Tone?.Judge?.Model,
                Retrieval is { Method: RetrievalMethod.Bm25 } ? null : Retrieval?.Model,
            }
                .Where(model => model is { Length: > 0 })
                .Distinct(StringComparer.Ordinal)!,
        ];

    /// <summary>Tokens a prompt may have in a window: without the reserve.</summary>
    /// <param name="window">The window.</param>
    public int BudgetOf(int window) => (int)(window * (1 - Reserve));
}

/// <summary>What happens where a prompt is still too long after every step.</summary>
public enum OverflowMode
{
    /// <summary>The oldest turns go until it fits; what may not go and does not fit is an error.</summary>
    Drop,

    /// <summary>It stays too long and is counted.</summary>
    Allow,
}

/// <summary>The sliding window over whole turns.</summary>
public sealed record HistoryPolicy
{
    /// <summary>Most turns in the prompt, the newest included; 0 for no limit.</summary>
    [Range(0, 1_000_000)]
    public int Turns { get; init; } = 12;

    /// <summary>Turns that leave at once when there are more: large bites let a prefix cache live, and rows stay few.</summary>
    [Range(1, 1_000_000)]
    public int Bite { get; init; } = 6;
}

/// <summary>The rolling summary.</summary>
public sealed record SummaryPolicy
{
    /// <summary>Most tokens of the summary; 0 makes none.</summary>
    [Range(0, 100_000)]
    public int MaxTokens { get; init; } = 250;

    /// <summary>Whether what the assistant proposed is in it, marked as a proposal.</summary>
    public bool Proposals { get; init; } = true;
}

/// <summary>Results of tools.</summary>
public sealed record ToolPolicy
{
    /// <summary>The newest results that no step replaces by a placeholder.</summary>
    [Range(0, 1_000_000)]
    public int KeepResults { get; init; } = 2;

    /// <summary>Results with more tokens are reduced to their facts as they arrive; 0 never.</summary>
    [Range(0, 100_000_000)]
    public int ExtractAbove { get; init; } = 2000;

    /// <summary>Tokens that such facts may have.</summary>
    [Range(16, 100_000_000)]
    public int ExtractTo { get; init; } = 400;
}

/// <summary>When constraints are put at the top of the prompt.</summary>
public enum ConstraintPlacement
{
    /// <summary>From the turn that set them.</summary>
    Always,

    /// <summary>When the turn that set them has left the prompt: the beginning of the prompt changes less often.</summary>
    RolledOff,
}

/// <summary>What users demand and forbid.</summary>
public sealed record ConstraintPolicy
{
    /// <summary>Whether they are taken from user turns at all.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>When they are put at the top.</summary>
    public ConstraintPlacement Place { get; init; } = ConstraintPlacement.Always;

    /// <summary>Non-negotiable ones are repeated before the user's words every so many turns; 0 never.</summary>
    [Range(0, 1_000_000)]
    public int RepeatEvery { get; init; } = 6;
}

/// <summary>Who the assistant is.</summary>
public sealed record PersonaPolicy
{
    /// <summary>The persona, at the top of every prompt; empty for none.</summary>
    public string Text { get; init; } = "";

    /// <summary>What is repeated of it; empty repeats the whole text.</summary>
    public string Reminder { get; init; } = "";

    /// <summary>The reminder stands before the user's words every so many turns; 0 never.</summary>
    [Range(0, 1_000_000)]
    public int Every { get; init; }
}

/// <summary>Where documents stand.</summary>
public enum DocumentPlacement
{
    /// <summary>Where the template prints its variable <c>documents</c>.</summary>
    Template,

    /// <summary>At the top of the prompt, with everything else that the policy adds.</summary>
    Block,
}

/// <summary>External documents.</summary>
public sealed record DocumentPolicy
{
    /// <summary>Most tokens of all documents together, whole ones in their order; 0 for no limit.</summary>
    [Range(0, 100_000_000)]
    public int MaxTokens { get; init; }

    /// <summary>Where they stand.</summary>
    public DocumentPlacement Place { get; init; }
}

/// <summary>Long sessions, resumed sessions, finished sub-tasks.</summary>
public sealed record SessionPolicy
{
    /// <summary>After a pause of so many days everything before is summarised; 0 never.</summary>
    [Range(0.0, 36_500.0)]
    public double RefreshAfterDays { get; init; } = 3;

    /// <summary>The turn at which the user is offered a fresh start; 0 never.</summary>
    [Range(0, 1_000_000)]
    public int OfferResetAfter { get; init; } = 100;

    /// <summary>Whether a turn in which the user confirms a finished answer ends a sub-task, which is then summarised.</summary>
    public bool SplitSubtasks { get; init; }
}
