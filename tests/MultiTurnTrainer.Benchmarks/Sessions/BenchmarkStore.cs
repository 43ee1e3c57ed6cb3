using Microsoft.Data.Sqlite;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Stores.Hot;
using MultiTurnTrainer.Sessions.Stores.Postgres;
using MultiTurnTrainer.Testing;
using Npgsql;

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

    /// <summary>Opens it as a server would.</summary>
    public ISessionStore Open()
    {
        ISessionStore durable = _postgres is null
            ? SqliteSessionStore.Open(_url, isServer: true)
            : PostgresSessionStore.Open(_url, isServer: true);
        return _redis is null
            ? durable
            : new HybridSessionStore(durable, RedisHotTier.Open(_redis.Url, "mtt:", TimeSpan.FromHours(1)));
    }

    /// <summary>Runs SQL in the closed store; what is to run apart from the rest is a statement of its own.</summary>
    public void Execute(params string[] statements)
    {
        if (_postgres is not null)
        {
            Uri url = new(_url);
            using NpgsqlConnection connection = new(
                $"Host={url.Host};Port={url.Port};Username={url.UserInfo};Database={url.AbsolutePath[1..]};Command Timeout=0"
            );
            connection.Open();
            foreach (string sql in statements)
            {
                using NpgsqlCommand command = new(sql, connection);
                command.ExecuteNonQuery();
            }

            return;
        }

        using SqliteConnection file = new($"Data Source={_url};Pooling=False");
        file.Open();
        foreach (string sql in statements)
        {
            using SqliteCommand command = file.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    public void Dispose()
    {
        _redis?.Dispose();
        _postgres?.Dispose();
    }
}
