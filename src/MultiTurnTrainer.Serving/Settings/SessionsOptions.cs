namespace MultiTurnTrainer.Serving.Settings;

/// <summary>Where sessions are kept, whose they are, what they may spend.</summary>
/// <param name="Store">Keeps them; disposed by its owner.</param>
public sealed record SessionsOptions(ISessionStore Store)
{
    /// <summary>What one session may spend.</summary>
    public SessionBudget Budget { get; init; } = SessionBudget.None;

    /// <summary>The tenants' keys; without any everybody on this machine is one tenant.</summary>
    public TenantKeys Keys { get; init; } = new(new Dictionary<string, IReadOnlyList<string>>());

    /// <summary>The same without keys: for a program that asks itself.</summary>
    public SessionsOptions ForOneUser() =>
        this with
        {
            Keys = new TenantKeys(new Dictionary<string, IReadOnlyList<string>>()),
        };

    /// <summary>What is done when something goes wrong.</summary>
    public SessionFallbacks Fallbacks { get; init; } = new();

    /// <summary>How long a session is kept after its newest event; null keeps it.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>Whether the parts of turns are measured: for listeners of spans and meters, and in the header <c>Server-Timing</c>.</summary>
    public bool Telemetry { get; init; }

    /// <summary>Tokens after which what has come of an answer is written down.</summary>
    public int CheckpointTokens { get; init; } = 128;

    /// <summary>Milliseconds after which what has come of an answer is written down.</summary>
    public int CheckpointMilliseconds { get; init; } = 500;
}
