namespace MultiTurnTrainer.Inference.Settings;

/// <summary>How a role marks the parts of its reply.</summary>
public enum ReplyFormat
{
    /// <summary>Tags such as <c>&lt;respond&gt;</c>, as published.</summary>
    Tags,

    /// <summary>One JSON object under a schema, sent to the endpoint as <c>response_format</c>.</summary>
    Json,
}

/// <summary>How a run calls models: where replies come from, how they are marked, when to stop.</summary>
public abstract record CallSettings
{
    /// <summary>From which every call's sampling seed is derived.</summary>
    public int Seed { get; init; }

    /// <summary>How roles mark the parts of their replies.</summary>
    public ReplyFormat Format { get; init; } = ReplyFormat.Tags;

    /// <summary>Calls that may follow a reply whose action is missing, each naming what is missing.</summary>
    [Range(0, 10)]
    public int MaxRepairs { get; init; } = 2;

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

    /// <summary>Dialogues or tasks in flight.</summary>
    [Range(1, 4096)]
    public int Concurrency { get; init; } = 16;

    /// <summary>A folder of replies by the hash of their request, shared between runs; null for none.</summary>
    public string? Cache { get; init; }
}
