namespace MultiTurnTrainer.Serving.Settings;

/// <summary>A model on a server.</summary>
/// <param name="Name">Its name, as clients say it; several servers with one name take turns.</param>
/// <param name="Settings">Where it is.</param>
public sealed record ServedEndpoint(string Name, EndpointSettings Settings);

/// <summary>What the server answers with.</summary>
public sealed record ModelsOptions
{
    /// <summary>A model in this process; null for none.</summary>
    public LocalModelOptions? Local { get; init; }

    /// <summary>Its template and tokenizer, where they are loaded already; null loads them.</summary>
    public RowModel? LocalRows { get; init; }

    /// <summary>Its name, as clients say it.</summary>
    public string LocalName { get; init; } = "model";

    /// <summary>The most memory of keys and values that it keeps between the turns of sessions.</summary>
    public long CacheBytes { get; init; } = 1L << 30;

    /// <summary>Models on servers.</summary>
    public IReadOnlyList<ServedEndpoint> Endpoints { get; init; } = [];

    /// <summary>What to do when a server fails before it has begun to answer.</summary>
    public RetrySettings Retry { get; init; } =
        new()
        {
            MaxRetries = 4,
            DelaySeconds = 0.2,
            MaxDelaySeconds = 2,
        };

    /// <summary>Which model answers what, in order; the first rule that holds.</summary>
    public IReadOnlyList<RoutingRule> Routing { get; init; } = [];
}
