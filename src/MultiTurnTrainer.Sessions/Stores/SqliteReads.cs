namespace MultiTurnTrainer.Sessions.Stores;

/// <summary>What is read of a SQLite store.</summary>
internal static class SqliteReads
{
    private const string Columns = "key, tenant, id, version, created, updated, user, pending, deleted";

    public static SessionRead? Session(SqliteConnection connection, SessionKey session, long after, bool useSnapshot)
    {
        // One moment for header, snapshot and events.
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: true);
        using SqliteCommand command = Command(
            connection,
            $"SELECT {Columns} FROM sessions WHERE tenant = $tenant AND id = $id",
            [("$tenant", session.Tenant), ("$id", session.Id)]
        );
        using SqliteDataReader reader = command.ExecuteReader();
        if (!reader.Read())
        {
            return null;
        }

        SessionHeader header = Header(reader);
        long key = reader.GetInt64(0);
        StoredSnapshot? snapshot = useSnapshot && after == 0 ? Snapshot(connection, key) : null;
        long known = snapshot?.Version ?? after;
        return new SessionRead(header, snapshot, known < header.Version ? Events(connection, key, known) : []);
    }

    public static SessionKey? SessionOfTurn(SqliteConnection connection, string tenant, string turn)
    {
        using SqliteCommand command = Command(
            connection,
            "SELECT id FROM turns JOIN sessions ON key = session WHERE turns.tenant = $tenant AND turn = $turn",
            [("$tenant", tenant), ("$turn", turn)]
        );
        return command.ExecuteScalar() is string id ? new SessionKey(tenant, id) : null;
    }

    public static List<SessionHeader> Headers(SqliteConnection connection, SessionQuery query)
    {
        using SqliteCommand command = Command(
            connection,
            $"""
            SELECT {Columns} FROM sessions
            WHERE ($tenant IS NULL OR tenant = $tenant) AND ($user IS NULL OR user = $user)
                AND ($before IS NULL OR updated < $before) AND ($all = 1 OR deleted = 0) {query.OnlyPending}
            ORDER BY updated DESC, id LIMIT $limit
            """,
            [
                ("$tenant", query.Tenant),
                ("$user", query.User),
                ("$before", query.UpdatedBefore?.UtcTicks),
                ("$all", query.WithDeleted),
                ("$limit", query.Limit),
            ]
        );
        using SqliteDataReader reader = command.ExecuteReader();
        List<SessionHeader> headers = [];
        while (reader.Read())
        {
            headers.Add(Header(reader));
        }

        return headers;
    }

    /// <summary>Writes the whole database, without what was deleted, to a file that does not exist yet.</summary>
    public static bool CopyTo(SqliteConnection connection, string path)
    {
        using SqliteCommand command = Command(connection, "VACUUM INTO $path", [("$path", path)]);
        command.ExecuteNonQuery();
        return true;
    }

    private static StoredSnapshot? Snapshot(SqliteConnection connection, long key)
    {
        using SqliteCommand command = Command(
            connection,
            "SELECT version, data FROM snapshots WHERE session = $session",
            [("$session", key)]
        );
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() ? new StoredSnapshot(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)) : null;
    }

    private static List<StoredEvent> Events(SqliteConnection connection, long key, long after)
    {
        using SqliteCommand command = Command(
            connection,
            "SELECT version, at, kind, data FROM events WHERE session = $session AND version > $after ORDER BY version",
            [("$session", key), ("$after", after)]
        );
        using SqliteDataReader reader = command.ExecuteReader();
        List<StoredEvent> events = [];
        while (reader.Read())
        {
            events.Add(new(reader.GetInt64(0), At(reader, 1), reader.GetString(2), reader.GetFieldValue<byte[]>(3)));
        }

        AddVectors(connection, key, events);
        return events;
    }

    // Versions stand in a row.
    private static void AddVectors(SqliteConnection connection, long key, List<StoredEvent> events)
    {
        if (events.Count == 0)
        {
            return;
        }

        long first = events[0].Version;
        using SqliteCommand command = Command(
            connection,
            "SELECT version, data FROM vectors WHERE session = $session AND version >= $first",
            [("$session", key), ("$first", first)]
        );
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            int place = (int)(reader.GetInt64(0) - first);
            events[place] = events[place] with { Vector = reader.GetFieldValue<byte[]>(1) };
        }
    }

    private static SessionHeader Header(SqliteDataReader reader) =>
        new(
            new SessionKey(reader.GetString(1), reader.GetString(2)),
            reader.GetInt64(3),
            At(reader, 4),
            At(reader, 5),
            reader.IsDBNull(6) ? null : reader.GetString(6),
            reader.IsDBNull(7) ? null : reader.GetString(7),
            reader.GetBoolean(8)
        );

    private static DateTimeOffset At(SqliteDataReader reader, int column) =>
        new(reader.GetInt64(column), TimeSpan.Zero);

    private static SqliteCommand Command(SqliteConnection connection, string sql, (string Name, object? Value)[] values)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object? value) in values)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}
