// Folder Settings: settings of review and shard.
// Refuses to know: where settings are read from.

namespace MultiTurnTrainer.Synthesis.Settings;

/// <summary>What a review leads to.</summary>
public enum ReviewMode
{
    /// <summary>As published: the chairman asks the next question; answers stay as they were.</summary>
    Ask,

    /// <summary>Ours: the chairman instructs, the candidate revises, and only the accepted answer enters the dialogue.</summary>
    Refine,
}

/// <summary>
/// The <c>review:</c> section of <c>mtt.yaml</c>: Review-Instruct (arXiv 2505.11010). The defaults are the released
/// code's where it has the setting, three rounds and three reviewers as in the paper's analysis; everything named
/// "ours" is off.
/// </summary>
public sealed record ReviewSettings : CallSettings
{
    /// <summary>What a review leads to.</summary>
    public ReviewMode Mode { get; init; } = ReviewMode.Ask;

    /// <summary>Question and answer pairs per dialogue. A question that nobody would answer is not asked for.</summary>
    [Range(1, 100)]
    public int Rounds { get; init; } = 3;

    /// <summary>
    /// Whether a candidate's or reviewer's reply without any tag is taken whole after the repairs, as the released code
    /// does. Off, because unmarked thought would reach the other roles.
    /// </summary>
    public bool AcceptUntagged { get; init; }

    /// <summary>Whether the last answer is reviewed although no question follows; scores need it and switch it on.</summary>
    public bool ReviewLastRound { get; init; }

    /// <summary>Whether the rounds that a failed dialogue had finished are written as a conversation.</summary>
    public bool KeepPartial { get; init; }

    /// <summary>The model of every role that names none: a name on the endpoint, or a local model folder.</summary>
    public string? Model { get; init; }

    /// <summary>Who answers.</summary>
    public RoleSettings Candidate { get; init; } = new();

    /// <summary>Who asks, and in refine mode decides.</summary>
    public RoleSettings Chairman { get; init; } = new();

    /// <summary>Who criticises, blind to each other; an empty list is the ablation without review.</summary>
    public IReadOnlyList<ReviewerSettings> Reviewers { get; init; } =
    [
        new() { Criteria = ["accuracy", "relevance"] },
        new() { Criteria = ["depth", "coherence"] },
        new() { Criteria = ["usefulness", "relevance"] },
    ];

    /// <summary>Refine mode's limits.</summary>
    public RefineSettings Refine { get; init; } = new();

    /// <summary>Numeric scores; ours, off.</summary>
    public ScoreSettings Scores { get; init; } = new();

    /// <summary>The same settings with another number of reviewers: the given ones in turn.</summary>
    public ReviewSettings WithReviewers(int count)
    {
        IReadOnlyList<ReviewerSettings> pattern = Reviewers.Count > 0 ? Reviewers : new ReviewSettings().Reviewers;
        return this with { Reviewers = [.. Enumerable.Range(0, count).Select(i => pattern[i % pattern.Count])] };
    }
}
