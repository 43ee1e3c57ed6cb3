namespace MultiTurnTrainer.Testing;

/// <summary>One PostgreSQL and one Redis server for all tests of a class, each started by the first test that asks for it.</summary>
public sealed class DatabaseServers : IDisposable
{
    // Started by a test, which is skipped where there is none.
    private readonly Lazy<PostgresServer> _postgres = new(() => PostgresServer.Start());
    private readonly Lazy<RedisServer> _redis = new(RedisServer.Start);

    /// <summary>PostgreSQL.</summary>
    public PostgresServer Postgres => _postgres.Value;

    /// <summary>Redis.</summary>
    public RedisServer Redis => _redis.Value;

    /// <summary>Ends what was started.</summary>
    public void Dispose()
    {
        if (_redis.IsValueCreated)
        {
            Redis.Dispose();
        }

        if (_postgres.IsValueCreated)
        {
            Postgres.Dispose();
        }
    }
}
