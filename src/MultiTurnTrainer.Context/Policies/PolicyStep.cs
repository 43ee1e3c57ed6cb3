namespace MultiTurnTrainer.Context.Policies;

/// <summary>What a step does.</summary>
public enum StepAction
{
    /// <summary>Older results of tools become placeholders, the oldest first.</summary>
    ClearToolResults,

    /// <summary>Older turns are summarised, the oldest first.</summary>
    SummarizeTurns,

    /// <summary>All but the last messages are summarised, in whole turns.</summary>
    SummarizeMessages,

    /// <summary>The summary holds key facts only: no proposals, half the tokens.</summary>
    KeyFacts,

    /// <summary>The user is told that earlier parts are summarised.</summary>
    Notify,
}

/// <summary>One step of a policy: when something holds, do something, and go on until the prompt is small enough.</summary>
public sealed record PolicyStep
{
    /// <summary>When it runs.</summary>
    public Trigger When { get; init; } = new();

    /// <summary>What it does, in order.</summary>
    public IReadOnlyList<StepAction> Do { get; init; } = [];

    /// <summary>The share of the budget at which it stops.</summary>
    [Range(0.01, 1.0)]
    public double To { get; init; } = 0.5;

    /// <summary>Turns that <see cref="StepAction.SummarizeTurns"/> leaves.</summary>
    [Range(1, 1_000_000)]
    public int KeepTurns { get; init; } = 2;

    /// <summary>Messages that <see cref="StepAction.SummarizeMessages"/> leaves, unless the newest turn has more.</summary>
    [Range(1, 1_000_000)]
    public int KeepMessages { get; init; } = 6;

    /// <summary>The steps of a policy that names none: 60, 75, 80 and 90 % of the budget.</summary>
    public static IReadOnlyList<PolicyStep> Default { get; } =
    [
        At(0.6, StepAction.ClearToolResults, StepAction.SummarizeTurns),
        At(0.75, StepAction.SummarizeMessages),
        At(0.8, StepAction.KeyFacts),
        At(0.9, StepAction.Notify),
    ];

    private static PolicyStep At(double fraction, params StepAction[] actions) =>
        new()
        {
            When = new Trigger { Fraction = fraction },
            Do = actions,
        };
}
