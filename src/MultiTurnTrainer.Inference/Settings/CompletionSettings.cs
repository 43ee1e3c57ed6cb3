namespace MultiTurnTrainer.Inference.Settings;

/// <summary>
/// The <c>rollouts:</c> section of <c>mtt.yaml</c>: a server that samples the student's replies, with its weights loaded
/// anew after every update.
/// </summary>
public sealed record CompletionSettings
{
    /// <summary>The server, its <c>model</c> the base model's name there; null where this process samples.</summary>
    public EndpointSettings? Endpoint { get; init; }

    /// <summary>What to do when it fails.</summary>
    public RetrySettings Retry { get; init; } = new();
}
