namespace MultiTurnTrainer.Inference.Settings;

/// <summary>How a run calls models: where replies come from, what they cost, when to stop.</summary>
public abstract record RunSettings
{
    /// <summary>From which every call's sampling seed is derived.</summary>
    public int Seed { get; init; }

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
