namespace MultiTurnTrainer.Runs.Settings;

/// <summary>The <c>model:</c> section of <c>mtt.yaml</c>: what <c>mtt run</c> trains.</summary>
public sealed record ModelSettings
{
    /// <summary>The model's folder, a GGUF file, or a name on the hub.</summary>
    public string? Name { get; init; }

    /// <summary>An adapter that training starts from; null for a new one.</summary>
    public string? InitAdapter { get; init; }
}
