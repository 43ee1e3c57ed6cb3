namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>What kind of failure an endpoint had.</summary>
public enum EndpointFault
{
    /// <summary>A failure that may pass: 5xx, a cut connection, a time-out, a body that is not JSON.</summary>
    Transient,

    /// <summary>Too many requests; the server may say when to come back.</summary>
    RateLimited,

    /// <summary>This request will never succeed (400, 413, 422), others may.</summary>
    Rejected,

    /// <summary>No request will succeed: wrong key, unknown model, exhausted quota.</summary>
    Fatal,
}

/// <summary>An endpoint did not answer. The message never holds a key.</summary>
/// <param name="fault">The kind.</param>
/// <param name="message">What happened, on one line.</param>
/// <param name="inner">The cause.</param>
public sealed class EndpointException(EndpointFault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>The kind.</summary>
    public EndpointFault Fault { get; } = fault;

    /// <summary>When the server says to come back, from now.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The HTTP status, 0 where there was none.</summary>
    public int Status { get; init; }

    internal bool MayPass => Fault is EndpointFault.Transient or EndpointFault.RateLimited;
}
