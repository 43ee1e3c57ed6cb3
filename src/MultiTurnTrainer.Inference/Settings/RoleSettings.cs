namespace MultiTurnTrainer.Inference.Settings;

/// <summary>The model behind a role and how it samples.</summary>
public record RoleSettings
{
    /// <summary>The model's name on the endpoint, or a local model folder; null for the common one.</summary>
    public string? Model { get; init; }

    /// <summary>Names of the endpoints that may serve this role; all where empty.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>Sampling temperature.</summary>
    [Range(0.0, 2.0)]
    public double Temperature { get; init; } = 0.1;

    /// <summary>Nucleus sampling; null leaves it to the endpoint.</summary>
    [Range(0.0, 1.0)]
    public double? TopP { get; init; }

    /// <summary>The most new tokens of one reply, hidden thought included.</summary>
    [Range(1, 1_000_000)]
    public int MaxTokens { get; init; } = 2048;
}
