// Folder Settings: the section `sessions:` of mtt.yaml.
// Refuses to know: where settings are read from.
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Sessions.Settings;

/// <summary>How conversations are kept and served.</summary>
public sealed record SessionsSettings
{
    /// <summary>The context policy: a preset's name or a file; without it the section <c>context:</c>.</summary>
    public string? Policy { get; init; }

    /// <summary>Where sessions are kept.</summary>
    public SessionStoreSettings Store { get; init; } = new();

    /// <summary>What one session may spend.</summary>
    public SessionBudgetSettings Budgets { get; init; } = new();

    /// <summary>What is done when something goes wrong.</summary>
    public SessionFallbacks Fallbacks { get; init; } = new();

    /// <summary>How often a running answer is written down.</summary>
    public StreamingBufferSettings StreamingBuffer { get; init; } = new();

    /// <summary>Which model answers what, in order; the first rule that holds.</summary>
    public IReadOnlyList<RoutingRule> Routing { get; init; } = [];

    /// <summary>
    /// Whether the parts of turns are measured: as spans and meters for whoever listens in the process (nothing is sent anywhere), and in the
    /// header <c>Server-Timing</c> of answers.
    /// </summary>
    public bool Telemetry { get; init; }

    /// <summary>Where what is measured can be read; nothing unless it is set.</summary>
    public ObserveSettings Observe { get; init; } = new();

    /// <summary>By tenant, SHA-256 of its API keys; <c>mtt sessions key</c> makes one. Without any, this machine's users are one tenant.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Keys { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The tenants' keys.</summary>
    /// <exception cref="MttException">A text is no hash.</exception>
    public TenantKeys ReadKeys() => new(Keys);
}

/// <summary>Kinds of stores.</summary>
public enum SessionStoreType
{
    /// <summary>One SQLite file.</summary>
    Sqlite,

    /// <summary>A PostgreSQL database, which several servers may share.</summary>
    Postgres,

    /// <summary>Nothing is kept beyond the process.</summary>
    Memory,
}

/// <summary>Where sessions are kept.</summary>
public sealed record SessionStoreSettings
{
    /// <summary>The kind of store.</summary>
    public SessionStoreType Type { get; init; }

    /// <summary>Of SQLite: the file; without it <c>mtt/sessions.db</c> in the user's data folder.</summary>
    public string? Path { get; init; }

    /// <summary>Of PostgreSQL: <c>postgres://user@host:port/database</c>; the password is read from PGPASSWORD.</summary>
    public string? Url { get; init; }

    /// <summary>A hot tier before the store: <c>redis://host:port/0</c>; the password is read from REDISCLI_AUTH.</summary>
    public string? Hot { get; init; }

    /// <summary>What the names of the hot tier's keys begin with.</summary>
    public string KeyPrefix { get; init; } = "mtt:";

    /// <summary>Minutes that the hot tier keeps a session after it was last used.</summary>
    [Range(1.0, 1_000_000.0)]
    public double HotMinutes { get; init; } = 60;

    /// <summary>Days after its newest event when a session is erased; none keeps it.</summary>
    [Range(0.0, 36_500.0)]
    public double? Ttl { get; init; }
}

/// <summary>What one session may spend.</summary>
public sealed record SessionBudgetSettings
{
    /// <summary>The most calls.</summary>
    [Range(1.0, 1e18)]
    public long? Requests { get; init; }

    /// <summary>The most tokens, prompts and answers together.</summary>
    [Range(1.0, 1e18)]
    public long? Tokens { get; init; }

    /// <summary>The most money, in the currency of <see cref="Prices"/>.</summary>
    [Range(0.0, 1e12)]
    public double? Money { get; init; }

    /// <summary>The model that goes on at the first ceiling, which then counts anew; without it the session stops there.</summary>
    public string? EscalateTo { get; init; }

    /// <summary>Prices by model, per million tokens.</summary>
    public IReadOnlyDictionary<string, TokenPriceSettings> Prices { get; init; } =
        new Dictionary<string, TokenPriceSettings>();

    /// <summary>The same for the life of turns.</summary>
    public SessionBudget ToBudget() =>
        new()
        {
            Requests = Requests,
            Tokens = Tokens,
            Money = Money,
            EscalateTo = EscalateTo,
            Prices = Prices.ToDictionary(
                pair => pair.Key,
                pair => new TokenPrice(pair.Value.Input, pair.Value.Output),
                StringComparer.Ordinal
            ),
        };
}

/// <summary>What a model costs per million tokens.</summary>
public sealed record TokenPriceSettings
{
    /// <summary>Per million prompt tokens.</summary>
    [Range(0.0, 1e9)]
    public double Input { get; init; }

    /// <summary>Per million tokens of answers.</summary>
    [Range(0.0, 1e9)]
    public double Output { get; init; }
}

/// <summary>Where what is measured can be read. Neither words of sessions nor their ids are in it.</summary>
public sealed record ObserveSettings
{
    /// <summary>A collector of OTLP over HTTP for traces and metrics: <c>http://localhost:4318</c>.</summary>
    public string? Otlp { get; init; }

    /// <summary>Where <c>/metrics</c> is served for Prometheus: a port, on this machine only, or ADDRESS:PORT.</summary>
    public string? Metrics { get; init; }
}

/// <summary>How often a running answer is written down.</summary>
public sealed record StreamingBufferSettings
{
    /// <summary>After so many tokens.</summary>
    [Range(1, 1_000_000)]
    public int Tokens { get; init; } = 128;

    /// <summary>After so much time, whichever comes first.</summary>
    [Range(1, 3_600_000)]
    public int Milliseconds { get; init; } = 500;
}
