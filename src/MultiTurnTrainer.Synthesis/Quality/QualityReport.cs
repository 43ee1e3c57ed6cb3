// Folder Quality: measures of generated dialogues, without a model.
// Refuses to know: how they were generated.

namespace MultiTurnTrainer.Synthesis.Quality;

/// <summary>The measures of one run. Every measure is a number that a program computes from the text, without a model.</summary>
/// <param name="Reviewers">Reviewers of the run.</param>
/// <param name="Dialogues">Conversations measured.</param>
/// <param name="UniqueTags">Different tags in all questions.</param>
/// <param name="Topics">Different topics: a question's topic is its content word found in most questions.</param>
/// <param name="Rounds">The measures by round.</param>
public sealed record QualityReport(
    int Reviewers,
    int Dialogues,
    int UniqueTags,
    int Topics,
    IReadOnlyList<RoundQuality> Rounds
)
{
    /// <summary>The layout of the JSON.</summary>
    public int SchemaVersion { get; } = 1;
}

/// <summary>The measures of one round.</summary>
public sealed record RoundQuality
{
    /// <summary>From 1.</summary>
    public int Round { get; init; }

    /// <summary>Conversations that have this round.</summary>
    public int Dialogues { get; init; }

    /// <summary>Diversity: distinct-1 of the questions.</summary>
    public double QuestionDistinct1 { get; init; }

    /// <summary>Diversity: distinct-2 of the questions.</summary>
    public double QuestionDistinct2 { get; init; }

    /// <summary>Diversity: distinct-3 of the answers.</summary>
    public double AnswerDistinct3 { get; init; }

    /// <summary>Different tags in this round's questions.</summary>
    public int UniqueTags { get; init; }

    /// <summary>Tags first seen in this round.</summary>
    public int NewTags { get; init; }

    /// <summary>Those over all different tags of the run, as in the paper's figure 4.</summary>
    public double NewTagShare { get; init; }

    /// <summary>Different topics in this round's questions.</summary>
    public int Topics { get; init; }

    /// <summary>Mean difficulty proxy of the questions, 0 to 1.</summary>
    public double Difficulty { get; init; }

    /// <summary>Share of questions that the proxy calls easy.</summary>
    public double EasyShare { get; init; }

    /// <summary>Share of questions that the proxy calls hard.</summary>
    public double HardShare { get; init; }

    /// <summary>Depth: share of questions that ask for reasons, comparisons or judgements.</summary>
    public double ReasoningShare { get; init; }

    /// <summary>Depth: share of a question's content words that the dialogue had before; null in round 1.</summary>
    public double? Linkage { get; init; }

    /// <summary>Share of questions that the chairman calls depth, of those it names; null where it names none.</summary>
    public double? DepthShare { get; init; }

    /// <summary>Repetition: share of an answer's 4-grams that an earlier answer of the dialogue had; null in round 1.</summary>
    public double? AnswerRepetition { get; init; }

    /// <summary>Repetition: share of questions that nearly repeat an earlier one of the dialogue; null in round 1.</summary>
    public double? RepeatedQuestions { get; init; }

    /// <summary>Length: mean words of a question.</summary>
    public double QuestionWords { get; init; }

    /// <summary>Length: mean words of an answer.</summary>
    public double AnswerWords { get; init; }

    /// <summary>Share of reviews with a verdict that is positive; null without verdicts.</summary>
    public double? PositiveVerdicts { get; init; }

    /// <summary>Agreement: share of pairs of reviewers with the same verdict; null without pairs.</summary>
    public double? VerdictAgreement { get; init; }

    /// <summary>Agreement: mean overlap (Jaccard) of the content words of two reviewers; null without pairs.</summary>
    public double? ReviewOverlap { get; init; }

    /// <summary>Mean score; null without scores.</summary>
    public double? Score { get; init; }

    /// <summary>Agreement: mean absolute difference of two reviewers' mean scores; null without pairs.</summary>
    public double? ScoreDifference { get; init; }

    /// <summary>Refine mode: mean revisions per answer.</summary>
    public double Revisions { get; init; }
}
