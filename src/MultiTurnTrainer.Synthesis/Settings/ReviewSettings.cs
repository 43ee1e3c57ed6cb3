using System.ComponentModel.DataAnnotations;

namespace MultiTurnTrainer.Synthesis.Settings;

/// <summary>What a review leads to.</summary>
public enum ReviewMode
{
    /// <summary>As published: the chairman asks the next question; answers stay as they were.</summary>
    Ask,

    /// <summary>Ours: the chairman instructs, the candidate revises, and only the accepted answer enters the dialogue.</summary>
    Refine,
}

/// <summary>How a role marks the parts of its reply.</summary>
public enum ReplyFormat
{
    /// <summary>Tags such as <c>&lt;respond&gt;</c>, as published.</summary>
    Tags,

    /// <summary>One JSON object under a schema, sent to the endpoint as <c>response_format</c>.</summary>
    Json,
}

/// <summary>
/// The <c>review:</c> section of <c>mtt.yaml</c>: Review-Instruct (arXiv 2505.11010). The defaults are the released
/// code's where it has the setting, three rounds and three reviewers as in the paper's analysis; everything named
/// "ours" is off.
/// </summary>
public sealed record ReviewSettings
{
    /// <summary>What a review leads to.</summary>
    public ReviewMode Mode { get; init; } = ReviewMode.Ask;

    /// <summary>Question and answer pairs per dialogue. A question that nobody would answer is not asked for.</summary>
    [Range(1, 100)]
    public int Rounds { get; init; } = 3;

    /// <summary>From which every call's sampling seed is derived.</summary>
    public int Seed { get; init; }

    /// <summary>How roles mark the parts of their replies.</summary>
    public ReplyFormat Format { get; init; } = ReplyFormat.Tags;

    /// <summary>Calls that may follow a reply whose action is missing, each naming what is missing.</summary>
    [Range(0, 10)]
    public int MaxRepairs { get; init; } = 2;

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

    /// <summary>A folder of edited prompts (<c>mtt init --prompts</c> writes the built-in ones); null for the built-in ones.</summary>
    public string? Prompts { get; init; }

    /// <summary>Where replies come from, by a name of one's own.</summary>
    public IReadOnlyDictionary<string, EndpointSettings> Endpoints { get; init; } =
        new Dictionary<string, EndpointSettings>();

    /// <summary>What to do when an endpoint fails.</summary>
    public RetrySettings Retry { get; init; } = new();

    /// <summary>Prices by model name, for the budget and the estimate.</summary>
    public IReadOnlyDictionary<string, PriceSettings> Prices { get; init; } = new Dictionary<string, PriceSettings>();

    /// <summary>Where to stop with the state saved.</summary>
    public BudgetSettings Budget { get; init; } = new();

    /// <summary>Dialogues in flight.</summary>
    [Range(1, 4096)]
    public int Concurrency { get; init; } = 16;

    /// <summary>A folder of replies by the hash of their request, shared between runs; null for none.</summary>
    public string? Cache { get; init; }

    /// <summary>The same settings with another number of reviewers: the given ones in turn.</summary>
    public ReviewSettings WithReviewers(int count)
    {
        IReadOnlyList<ReviewerSettings> pattern = Reviewers.Count > 0 ? Reviewers : new ReviewSettings().Reviewers;
        return this with { Reviewers = [.. Enumerable.Range(0, count).Select(i => pattern[i % pattern.Count])] };
    }
}
