// Folder Settings: what the server is told when it starts.
// Refuses to know: where settings are read from.

namespace MultiTurnTrainer.Serving.Settings;

/// <summary>How the server listens and what it bounds.</summary>
public sealed record ServerOptions
{
    /// <summary>The address to listen on.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 takes any that is free.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Host names that are this server's, beside <c>localhost</c> and the loopback addresses.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>The most bytes of a request's body.</summary>
    public long MaxBodyBytes { get; init; } = 16 << 20;

    /// <summary>The most bytes of a request's headers.</summary>
    public int MaxHeaderBytes { get; init; } = 32 << 10;

    /// <summary>Requests that a tenant may begin per minute.</summary>
    public int RequestsPerMinute { get; init; } = 30_000;

    /// <summary>How long a stream may be silent before a comment is sent.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long running turns may go on when the server is asked to stop.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);
}
