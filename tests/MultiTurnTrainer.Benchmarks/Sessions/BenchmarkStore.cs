using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Stores.Postgres;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Benchmarks.Sessions;

/// <summary>A store that is measured, its database servers started for it: sqlite, postgres, or hybrid (Redis before PostgreSQL).</summary>
internal sealed class BenchmarkStore : IDisposable
{
    private readonly PostgresServer? _postgres;
    private readonly RedisServer? _redis;
    private readonly string _url;

    public BenchmarkStore(string kind, string folder)
    {
        Kind = kind;
        _postgres = kind == "sqlite" ? null : PostgresServer.Start(isDurable: true);
        _redis = kind == "hybrid" ? RedisServer.Start() : null;
        _url = _postgres?.NewDatabase() ?? Path.Combine(folder, "sessions.db");
    }

    /// <summary>Its name.</summary>
    public string Kind { get; }

    /// <summary>How <c>mtt serve</c> is told of it.</summary>
    public string[] Options =>
        _postgres is null ? ["--store", $"sqlite:{_url}"]
        : _redis is null ? ["--store", _url]
        : ["--store", _url, "--hot", _redis.Url];

    /// <summary>Opens its durable side.</summary>
    public ISessionStore Open() =>
        _postgres is null
            ? SqliteSessionStore.Open(_url, isServer: true)
            : PostgresSessionStore.Open(_url, isServer: true);

    public void Dispose()
    {
        _redis?.Dispose();
        _postgres?.Dispose();
    }
}
