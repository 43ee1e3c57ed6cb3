using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>What an item of a prompt is.</summary>
public enum ItemKind
{
    /// <summary>The conversation's own system prompt.</summary>
    System,

    /// <summary>The policy's persona.</summary>
    Persona,

    /// <summary>What the user demands or forbids, in the user's words.</summary>
    Constraint,

    /// <summary>A state variable.</summary>
    State,

    /// <summary>A document.</summary>
    Document,

    /// <summary>The rolling summary.</summary>
    Summary,

    /// <summary>A message, word for word.</summary>
    Message,

    /// <summary>The facts of a long tool result, in its place.</summary>
    Facts,

    /// <summary>What stands for a tool result that is gone.</summary>
    Placeholder,

    /// <summary>Repeated persona or constraints before a user's words.</summary>
    Reminder,

    /// <summary>A past exchange, whole, before the words that it fits.</summary>
    Retrieved,
}

/// <summary>A piece of a prompt.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Sources">Indexes of the messages it comes from; empty where it comes from the policy or the row.</param>
/// <param name="Tokens">Its tokens; of a message with what the template prints around it.</param>
/// <param name="Reason">Why it is there.</param>
/// <param name="Text">Its text, where it is not the message's own.</param>
public sealed record PlanItem(
    ItemKind Kind,
    IReadOnlyList<int> Sources,
    int Tokens,
    string Reason,
    string? Text = null
);

/// <summary>Messages that are not in a prompt, in one stretch.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
/// <param name="Tokens">Tokens they would have had.</param>
/// <param name="Reason">Why they are gone, and what stands for them.</param>
public sealed record Omission(int First, int Last, int Tokens, string Reason);

/// <summary>A step that ran before this prompt.</summary>
/// <param name="Step">Its place in the policy, from 0; −1 for the sliding window and what is not a step.</param>
/// <param name="What">What was done.</param>
/// <param name="Before">Tokens of the prompt before.</param>
/// <param name="After">Tokens after.</param>
public sealed record AppliedStep(int Step, string What, int Before, int After);

/// <summary>Something that the application tells its user; it is not in the prompt.</summary>
/// <param name="Code"><c>summarized</c>, <c>offer-reset</c> or <c>resumed</c>.</param>
/// <param name="Text">What to say.</param>
public sealed record Notice(string Code, string Text);

/// <summary>The parts of a window in tokens: together they and what is free make the window.</summary>
/// <param name="Window">What the model takes.</param>
/// <param name="Reserve">Kept for the answer.</param>
/// <param name="System">System prompt and what the template prints around everything.</param>
/// <param name="Injected">Persona, constraints and state.</param>
/// <param name="Memory">Summary and documents.</param>
/// <param name="History">Messages, placeholders, reminders and retrieved exchanges.</param>
/// <param name="Tools">Declared tools.</param>
public readonly record struct BudgetParts(
    int Window,
    int Reserve,
    int System,
    int Injected,
    int Memory,
    int History,
    int Tools
)
{
    /// <summary>Tokens of the prompt.</summary>
    public int Prompt => System + Injected + Memory + History + Tools;

    /// <summary>Most tokens that the prompt may have.</summary>
    public int Budget => Window - Reserve;
}

/// <summary>What the prompt of one call holds, and what it leaves out: a pure function of the record so far.</summary>
public sealed record ContextPlan
{
    /// <summary>The index of the answer that is asked for.</summary>
    public required int Call { get; init; }

    /// <summary>The turn, from 0.</summary>
    public required int Turn { get; init; }

    /// <summary>The first turn that the prompt holds message by message.</summary>
    public required int FirstTurn { get; init; }

    /// <summary>Where the injected items stand.</summary>
    public required BlockPlacement Placement { get; init; }

    /// <summary>The items, in the prompt's order.</summary>
    public required IReadOnlyList<PlanItem> Items { get; init; }

    /// <summary>What is not in the prompt.</summary>
    public required IReadOnlyList<Omission> LeftOut { get; init; }

    /// <summary>What was done since the call before.</summary>
    public required IReadOnlyList<AppliedStep> Applied { get; init; }

    /// <summary>What to tell the user.</summary>
    public required IReadOnlyList<Notice> Notices { get; init; }

    /// <summary>What was taken of a model's work since the call before, and what could not be.</summary>
    public required IReadOnlyList<ArtefactUse> Artefacts { get; init; }

    /// <summary>The constraints in force.</summary>
    public required IReadOnlyList<ActiveConstraint> Constraints { get; init; }

    /// <summary>The tokens.</summary>
    public required BudgetParts Parts { get; init; }

    /// <summary>Whether the tokens are estimates.</summary>
    public required bool IsEstimate { get; init; }

    /// <summary>Tokens of everything that was said so far, as it stands: what a prompt without a policy has.</summary>
    public required int NaiveTokens { get; init; }

    /// <summary>Counts up whenever something that stood in an earlier prompt changes: equal numbers, and the prompt only grew.</summary>
    public required int Layout { get; init; }

    /// <summary>The text of everything that is injected at the top; empty for nothing.</summary>
    public required string Block { get; init; }

    /// <summary>The documents that are in the prompt, by their place in the row.</summary>
    public required IReadOnlyList<int> Documents { get; init; }

    /// <summary>The past exchanges that were brought back, in the prompt's order.</summary>
    public IReadOnlyList<PlanItem> Retrieved { get; init; } = [];

    /// <summary>Whether a message that has left stands in an exchange that came back.</summary>
    public bool BroughtBack(int message) => Retrieved.Any(item => item.Sources.Contains(message));

    /// <summary>The tokens at which a step's share of the budget is reached, as the prompt is now; null where it looks at something else.</summary>
    /// <param name="step">A step of the policy.</param>
    public int? ThresholdOf(PolicyStep step) => StepRunner.Threshold(step, Parts);
}

/// <summary>Where a template takes what a policy adds at the top.</summary>
public enum BlockPlacement
{
    /// <summary>In the one system message.</summary>
    System,

    /// <summary>At the head of the first user message of the prompt, the system prompt with it.</summary>
    UserTurn,
}
