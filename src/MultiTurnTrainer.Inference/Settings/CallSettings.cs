namespace MultiTurnTrainer.Inference.Settings;

/// <summary>How a role marks the parts of its reply.</summary>
public enum ReplyFormat
{
    /// <summary>Tags such as <c>&lt;respond&gt;</c>, as published.</summary>
    Tags,

    /// <summary>One JSON object under a schema, sent to the endpoint as <c>response_format</c>.</summary>
    Json,
}

/// <summary>How a run asks its roles: how their replies are marked, what is done about one that cannot be read.</summary>
public abstract record CallSettings : RunSettings
{
    /// <summary>How roles mark the parts of their replies.</summary>
    public ReplyFormat Format { get; init; } = ReplyFormat.Tags;

    /// <summary>Calls that may follow a reply whose action is missing, each naming what is missing.</summary>
    [Range(0, 10)]
    public int MaxRepairs { get; init; } = 2;

    /// <summary>A folder of edited prompts (<c>mtt init --prompts</c> writes the built-in ones); null for the built-in ones.</summary>
    public string? Prompts { get; init; }
}
