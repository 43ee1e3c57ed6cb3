namespace MultiTurnTrainer.Synthesis.Settings;

/// <summary>
/// The <c>rollouts:</c> section of <c>mtt.yaml</c>: a server that samples the student's replies, with its weights loaded
/// anew after every update.
/// </summary>
public sealed record CompletionSettings
{
    /// <summary>The server; its <c>model</c> is the base model's name there.</summary>
    public EndpointSettings Endpoint { get; init; } = new() { BaseUrl = "", MaxConcurrency = 64 };

    /// <summary>What to do when it fails.</summary>
    public RetrySettings Retry { get; init; } = new();

    /// <summary>Whether a server is named; else this process samples.</summary>
    public bool IsNamed => Endpoint.BaseUrl.Length > 0;
}
