// Folder Settings: settings of endpoints, calls and budgets.
// Refuses to know: where settings are read from.

namespace MultiTurnTrainer.Inference.Settings;

/// <summary>One OpenAI-compatible server. Its key comes from the environment and from nowhere else.</summary>
public sealed record EndpointSettings
{
    /// <summary>The base URL, such as <c>http://localhost:8000/v1</c>.</summary>
    public string BaseUrl { get; init; } = "https://api.openai.com/v1";

    /// <summary>The name of the environment variable that holds the key; where it is unset a placeholder is sent.</summary>
    public string ApiKeyEnv { get; init; } = "OPENAI_API_KEY";

    /// <summary>The model's name on this server, where it differs from the role's.</summary>
    public string? Model { get; init; }

    /// <summary>The share of calls this endpoint gets, relative to the others a role may use.</summary>
    [Range(0.0, 1e6)]
    public double Weight { get; init; } = 1;

    /// <summary>Requests in flight.</summary>
    [Range(1, 4096)]
    public int MaxConcurrency { get; init; } = 16;

    /// <summary>Requests started per minute; null for no limit.</summary>
    [Range(1, 1_000_000)]
    public int? RequestsPerMinute { get; init; }

    /// <summary>Tokens (prompt and completion) per minute; null for no limit.</summary>
    [Range(1, 1_000_000_000)]
    public int? TokensPerMinute { get; init; }

    /// <summary>How long one attempt may take, from connecting to the last byte.</summary>
    [Range(0.05, 86_400.0)]
    public double TimeoutSeconds { get; init; } = 300;

    /// <summary>How long a stream may be silent.</summary>
    [Range(0.05, 86_400.0)]
    public double IdleTimeoutSeconds { get; init; } = 60;

    /// <summary>The most bytes of one reply, after decompression; a longer one is a failed call.</summary>
    [Range(1024, 1 << 30)]
    public int MaxReplyBytes { get; init; } = 32 << 20;

    /// <summary>Whether replies are streamed, which lets a silent server be noticed early.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the server knows <c>response_format: json_schema</c>.</summary>
    public bool JsonSchema { get; init; } = true;

    /// <summary>The request field of the token limit; null for <c>max_completion_tokens</c> at api.openai.com and <c>max_tokens</c> elsewhere.</summary>
    public string? MaxTokensField { get; init; }

    /// <summary>When to leave a failing server alone.</summary>
    public CircuitSettings Circuit { get; init; } = new();
}

/// <summary>A circuit breaker: a server that keeps failing gets no requests for a while.</summary>
public sealed record CircuitSettings
{
    /// <summary>The share of failures that opens the circuit.</summary>
    [Range(0.01, 1.0)]
    public double FailureRatio { get; init; } = 0.7;

    /// <summary>Requests within the window before the share counts.</summary>
    [Range(2, 10_000)]
    public int MinimumRequests { get; init; } = 10;

    /// <summary>The window.</summary>
    [Range(0.5, 3600.0)]
    public double WindowSeconds { get; init; } = 30;

    /// <summary>How long the circuit stays open.</summary>
    [Range(0.5, 3600.0)]
    public double BreakSeconds { get; init; } = 15;
}

/// <summary>Retries of one call, over all endpoints of its role.</summary>
public sealed record RetrySettings
{
    /// <summary>Attempts after the first.</summary>
    [Range(0, 100)]
    public int MaxRetries { get; init; } = 6;

    /// <summary>The first delay; it doubles, with jitter. A server's <c>Retry-After</c> wins.</summary>
    [Range(0.0, 3600.0)]
    public double DelaySeconds { get; init; } = 1;

    /// <summary>The longest delay of our own choosing.</summary>
    [Range(0.0, 3600.0)]
    public double MaxDelaySeconds { get; init; } = 60;

    /// <summary>The longest <c>Retry-After</c> that is waited for; a longer one fails the call.</summary>
    [Range(0.0, 86_400.0)]
    public double MaxRetryAfterSeconds { get; init; } = 600;

    /// <summary>How long no endpoint may answer before the run stops, resumable.</summary>
    [Range(0.1, 86_400.0)]
    public double MaxOutageSeconds { get; init; } = 300;
}
