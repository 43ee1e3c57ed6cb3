namespace MultiTurnTrainer.Sessions.Stores;

/// <summary>Changes of a SQLite store that are made together: kept by <see cref="Commit"/>, undone by <see cref="Dispose"/> otherwise.</summary>
internal sealed class SqliteWrite(SqliteConnection connection) : IDisposable
{
    // Immediate: two programs that both read first and then write would otherwise fail one another.
    private readonly SqliteTransaction _transaction = connection.BeginTransaction(deferred: false);

    /// <summary>A new session's key; null where the id is taken.</summary>
    public long? TryInsert(SessionHeader header) =>
        Scalar(
            """
            INSERT INTO sessions (tenant, id, version, created, updated, user, pending)
            VALUES ($tenant, $id, $version, $created, $updated, $user, $pending)
            ON CONFLICT DO NOTHING RETURNING key
            """,
            [.. Of(header), ("$created", header.CreatedAt.UtcTicks)]
        );

    /// <summary>Moves a session on; null where it is not at the version that is expected.</summary>
    public long? TryAdvance(SessionHeader header, long expected) =>
        Scalar(
            """
            UPDATE sessions SET version = $version, updated = $updated, user = $user, pending = $pending
            WHERE tenant = $tenant AND id = $id AND version = $expected AND deleted = 0 RETURNING key
            """,
            [.. Of(header), ("$expected", expected)]
        );

    /// <summary>Adds events.</summary>
    public bool Add(long key, string tenant, IReadOnlyList<StoredEvent> events)
    {
        using SqliteCommand insert = Command(
            "INSERT INTO events (session, version, at, kind, data) VALUES ($session, $version, $at, $kind, $data)",
            [("$session", key), ("$version", null), ("$at", null), ("$kind", null), ("$data", null)]
        );
        foreach (StoredEvent stored in events)
        {
            insert.Parameters["$version"].Value = stored.Version;
            insert.Parameters["$at"].Value = stored.At.UtcTicks;
            insert.Parameters["$kind"].Value = stored.Kind;
            insert.Parameters["$data"].Value = stored.Data.ToArray();
            insert.ExecuteNonQuery();
            if (!stored.Vector.IsEmpty)
            {
                Run(
                    "INSERT INTO vectors (session, version, data) VALUES ($session, $version, $data)",
                    [("$session", key), ("$version", stored.Version), ("$data", stored.Vector.ToArray())]
                );
            }

            if (stored.Begins is { } turn)
            {
                Run(
                    "INSERT INTO turns (tenant, turn, session) VALUES ($tenant, $turn, $session) ON CONFLICT DO NOTHING",
                    [("$tenant", tenant), ("$turn", turn), ("$session", key)]
                );
            }
        }

        return true;
    }

    /// <summary>Keeps a snapshot.</summary>
    public bool Snapshot(SessionKey session, StoredSnapshot snapshot) =>
        Run(
            """
            INSERT INTO snapshots (session, version, data)
            SELECT key, $version, $data FROM sessions WHERE tenant = $tenant AND id = $id AND deleted = 0
            ON CONFLICT (session) DO UPDATE SET version = excluded.version, data = excluded.data
            WHERE snapshots.version < excluded.version
            """,
            [
                ("$tenant", session.Tenant),
                ("$id", session.Id),
                ("$version", snapshot.Version),
                ("$data", snapshot.Data.ToArray()),
            ]
        ) > 0;

    /// <summary>Erases a session and leaves its tombstone; false where there is no session.</summary>
    public bool Erase(SessionKey session, DateTimeOffset at)
    {
        long? key = Scalar(
            """
            UPDATE sessions SET deleted = 1, updated = $at, user = NULL, pending = NULL
            WHERE tenant = $tenant AND id = $id AND deleted = 0 RETURNING key
            """,
            [("$tenant", session.Tenant), ("$id", session.Id), ("$at", at.UtcTicks)]
        );
        if (key is not { } erased)
        {
            return false;
        }

        foreach (string table in (string[])["events", "vectors", "turns", "snapshots"])
        {
            Run($"DELETE FROM {table} WHERE session = $session", [("$session", erased)]);
        }

        return true;
    }

    /// <summary>Keeps the changes: they are on the disk when it returns.</summary>
    public void Commit() => _transaction.Commit();

    public void Dispose() => _transaction.Dispose();

    private static (string, object?)[] Of(SessionHeader header) =>
        [
            ("$tenant", header.Tenant),
            ("$id", header.Id),
            ("$version", header.Version),
            ("$updated", header.UpdatedAt.UtcTicks),
            ("$user", header.User),
            ("$pending", header.Pending),
        ];

    private long? Scalar(string sql, (string, object?)[] values)
    {
        using SqliteCommand command = Command(sql, values);
        return (long?)command.ExecuteScalar();
    }

    private int Run(string sql, (string, object?)[] values)
    {
        using SqliteCommand command = Command(sql, values);
        return command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, (string Name, object? Value)[] values)
    {
        SqliteCommand command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, _transaction);
        foreach ((string name, object? value) in values)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}
