using System.Data;

namespace MultiTurnTrainer.Sessions.Stores.Postgres;

/// <summary>What is read of a PostgreSQL store.</summary>
internal static class PostgresReads
{
    private const string Columns = "tenant, id, version, created, updated, owner, pending, deleted";

    public static async Task<SessionRead?> SessionAsync(
        NpgsqlConnection connection,
        string tenant,
        string id,
        long after,
        bool useSnapshot,
        CancellationToken cancellation
    )
    {
        if (after > 0)
        {
            return await TailAsync(connection, tenant, id, after, cancellation).ConfigureAwait(false);
        }

        // One moment for header, snapshot and events.
        await using NpgsqlTransaction transaction = await connection
            .BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation)
            .ConfigureAwait(false);
        (SessionHeader Header, long Key, StoredSnapshot? Snapshot)? found = await HeaderAsync(
                connection,
                tenant,
                id,
                useSnapshot,
                cancellation
            )
            .ConfigureAwait(false);
        if (found is not { } session)
        {
            return null;
        }

        long known = session.Snapshot?.Version ?? 0;
        List<StoredEvent> events =
            known < session.Header.Version && !session.Header.IsDeleted
                ? await EventsAsync(connection, session.Key, known, cancellation).ConfigureAwait(false)
                : [];
        return new SessionRead(session.Header, session.Snapshot, events);
    }

    public static async Task<string?> SessionOfTurnAsync(
        NpgsqlConnection connection,
        string tenant,
        string turn,
        CancellationToken cancellation
    )
    {
        await using NpgsqlCommand command = connection.Command(
            "SELECT s.id FROM mtt.turns t JOIN mtt.sessions s ON s.key = t.session WHERE t.tenant = $1 AND t.turn = $2",
            tenant,
            turn
        );
        return (string?)await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Headers, the newest change first.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="query">Which.</param>
    /// <param name="servers">Who is alive.</param>
    /// <param name="cancellation">Ends the read.</param>
    public static async Task<List<SessionHeader>> HeadersAsync(
        NpgsqlConnection connection,
        SessionQuery query,
        PostgresServers servers,
        CancellationToken cancellation
    )
    {
        await using NpgsqlCommand command = new(
            $"""
            SELECT {Columns} FROM mtt.sessions
            WHERE ($1 IS NULL OR tenant = $1) AND ($2 IS NULL OR owner = $2) AND ($3 IS NULL OR updated < $3)
                AND ($4 OR NOT deleted) {query.OnlyPending} AND (NOT $6 OR {PostgresServers.IsGone})
            ORDER BY updated DESC, id LIMIT $5
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = (object?)query.Tenant ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = (object?)Bytes(query.User) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea },
                new()
                {
                    Value = (object?)query.UpdatedBefore?.UtcTicks ?? DBNull.Value,
                    NpgsqlDbType = NpgsqlDbType.Bigint,
                },
                new() { Value = query.WithDeleted },
                new() { Value = query.Limit },
                new() { Value = query.IsAbandoned },
                new() { Value = servers.Id },
                new() { Value = servers.MayJudge },
            },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        List<SessionHeader> headers = [];
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            headers.Add(Header(reader));
        }

        return headers;
    }

    /// <summary>A user's name as it is kept.</summary>
    public static byte[]? Bytes(string? user) => user is null ? null : Encoding.UTF8.GetBytes(user);

    // What a turn mostly asks: one statement, which sees one moment. The header is short enough to stand in every row.
    private static async Task<SessionRead?> TailAsync(
        NpgsqlConnection connection,
        string tenant,
        string id,
        long after,
        CancellationToken cancellation
    )
    {
        await using NpgsqlCommand command = connection.Command(
            $"""
            SELECT {Columns}, number, at, kind, data FROM mtt.sessions s
            LEFT JOIN (SELECT session, version AS number, at, kind, data FROM mtt.events) e
                ON e.session = s.key AND number > $3
            WHERE tenant = $1 AND id = $2 ORDER BY number
            """,
            tenant,
            id,
            after
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        SessionHeader? header = null;
        List<StoredEvent> events = [];
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            header ??= Header(reader);
            if (!reader.IsDBNull(8))
            {
                events.Add(Event(reader, 8));
            }
        }

        return header is null ? null : new SessionRead(header, null, events);
    }

    private static async Task<(SessionHeader, long, StoredSnapshot?)?> HeaderAsync(
        NpgsqlConnection connection,
        string tenant,
        string id,
        bool withSnapshot,
        CancellationToken cancellation
    )
    {
        await using NpgsqlCommand command = connection.Command(
            withSnapshot
                ? $"""
                SELECT {Columns}, s.key, n.snapshot_version, n.data FROM mtt.sessions s
                LEFT JOIN (SELECT session, version AS snapshot_version, data FROM mtt.snapshots) n ON n.session = s.key
                WHERE tenant = $1 AND id = $2
                """
                : $"SELECT {Columns}, key FROM mtt.sessions WHERE tenant = $1 AND id = $2",
            tenant,
            id
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            return null;
        }

        StoredSnapshot? snapshot =
            withSnapshot && !reader.IsDBNull(9)
                ? new StoredSnapshot(reader.GetInt64(9), reader.GetFieldValue<byte[]>(10))
                : null;
        return (Header(reader), reader.GetInt64(8), snapshot);
    }

    private static async Task<List<StoredEvent>> EventsAsync(
        NpgsqlConnection connection,
        long key,
        long after,
        CancellationToken cancellation
    )
    {
        await using NpgsqlCommand command = connection.Command(
            "SELECT version, at, kind, data FROM mtt.events WHERE session = $1 AND version > $2 ORDER BY version",
            key,
            after
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        List<StoredEvent> events = [];
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            events.Add(Event(reader, 0));
        }

        return events;
    }

    private static StoredEvent Event(NpgsqlDataReader reader, int first) =>
        new(
            reader.GetInt64(first),
            At(reader, first + 1),
            reader.GetString(first + 2),
            reader.GetFieldValue<byte[]>(first + 3)
        );

    private static SessionHeader Header(NpgsqlDataReader reader) =>
        new(
            reader.GetString(0),
            reader.GetString(1),
            reader.GetInt64(2),
            At(reader, 3),
            At(reader, 4),
            reader.IsDBNull(5) ? null : Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(5)),
            reader.IsDBNull(6) ? null : reader.GetString(6),
            reader.GetBoolean(7)
        );

    private static DateTimeOffset At(NpgsqlDataReader reader, int column) =>
        new(reader.GetInt64(column), TimeSpan.Zero);
}
