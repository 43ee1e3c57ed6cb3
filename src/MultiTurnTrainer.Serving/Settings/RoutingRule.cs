namespace MultiTurnTrainer.Serving.Settings;

/// <summary>Sends a request to a model where everything that the rule names holds.</summary>
public sealed record RoutingRule
{
    /// <summary>The model that answers then.</summary>
    [Required]
    public string Model { get; init; } = "";

    /// <summary>Where the assembled prompt has more tokens.</summary>
    [Range(0, 100_000_000)]
    public int? AboveTokens { get; init; }

    /// <summary>Where tools are declared, or are not.</summary>
    public bool? Tools { get; init; }

    /// <summary>Where the client named this model.</summary>
    public string? From { get; init; }

    /// <summary>Where the request's metadata has these texts.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
