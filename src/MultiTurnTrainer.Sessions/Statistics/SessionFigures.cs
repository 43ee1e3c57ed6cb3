// Folder Statistics: what logs say of sessions in numbers: one session, many, and how two groups differ.
// Refuses to know: stores, how numbers are shown.
namespace MultiTurnTrainer.Sessions.Statistics;

/// <summary>What a step of a policy did, over some calls.</summary>
/// <param name="Times">How often.</param>
/// <param name="Tokens">Tokens that it took out of prompts.</param>
public readonly record struct StepFigures(long Times, long Tokens)
{
    /// <summary>Both together.</summary>
    public static StepFigures operator +(StepFigures one, StepFigures other) =>
        new(one.Times + other.Times, one.Tokens + other.Tokens);
}

/// <summary>One session in numbers.</summary>
public sealed record SessionFigures
{
    /// <summary>The session.</summary>
    public required string Id { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How it ended, where somebody said so.</summary>
    public string? Outcome { get; init; }

    /// <summary>Whole answers.</summary>
    public int Turns { get; init; }

    /// <summary>Answers that broke off.</summary>
    public int Interrupted { get; init; }

    /// <summary>Answers that were taken back, made anew or edited.</summary>
    public int Redone { get; init; }

    /// <summary>Ceilings that were reached.</summary>
    public int Trips { get; init; }

    /// <summary>Tokens of everything said, at the newest answer.</summary>
    public long Size { get; init; }

    /// <summary>Tokens by which that grew with each answer after the first.</summary>
    public double Growth { get; init; }

    /// <summary>Tokens of the newest prompt.</summary>
    public long Prompt { get; init; }

    /// <summary>Tokens of all prompts and answers.</summary>
    public long Tokens { get; init; }

    /// <summary>What the policy's steps did, by what they say of themselves.</summary>
    public IReadOnlyDictionary<string, StepFigures> Steps { get; init; } = new Dictionary<string, StepFigures>();

    /// <summary>Tokens that the policy's steps took out of prompts.</summary>
    public long Cleared => Steps.Values.Sum(step => step.Tokens);

    /// <summary>Facts that prompts held, by the turns since they were said.</summary>
    public IReadOnlyList<Context.Reports.RecallAtDistance> Recall { get; init; } = [];

    /// <summary>Answers after the user had corrected a value of an answer.</summary>
    public long CorrectedAnswers { get; init; }

    /// <summary>Those of them that say the corrected value again.</summary>
    public long Copies { get; init; }

    /// <summary>How far the last answers are from the first ones: <see cref="AnswerStyle.Distance"/>.</summary>
    public double Drift { get; init; }

    /// <summary>How far the answers are from the tone of the session's policy.</summary>
    public Context.Reports.ToneSums Tone { get; init; } = new();

    /// <summary>The same of each answer, in their order.</summary>
    public IReadOnlyList<Context.Persona.ToneDrift> ToneOfAnswers { get; init; } = [];

    /// <summary>Why prompts could not be planned again, so that steps and recall are not known; null where they are.</summary>
    public string? NotPlanned { get; init; }
}
