namespace MultiTurnTrainer.Sessions.Stores.Postgres;

/// <summary>What is read of a PostgreSQL store.</summary>
internal static class PostgresReads
{
    private const string Columns = "tenant, id, version, created, updated, owner, pending, deleted";
    private const int HeaderColumns = 8;

    // One statement sees one moment, and costs one round trip. The header is short enough to stand in every row; a snapshot is a row of
    // its own, without a kind, before the events that it does not stand for.
    private const string Read = $"""
        SELECT {Columns}, number, at, kind, data, vector FROM mtt.sessions s
        LEFT JOIN (SELECT session, version AS last, data AS form FROM mtt.snapshots) n ON $4 AND n.session = s.key
        LEFT JOIN LATERAL (
            SELECT last, 0::bigint, NULL, form, NULL WHERE last IS NOT NULL
            UNION ALL
            SELECT e.version, e.at, e.kind, e.data, v.data FROM mtt.events e
            LEFT JOIN mtt.vectors v ON v.session = e.session AND v.version = e.version
            WHERE e.session = s.key AND e.version > coalesce(last, $3)
        ) AS found (number, at, kind, data, vector) ON true
        WHERE tenant = $1 AND id = $2 ORDER BY number
        """;

    public static async Task<SessionRead?> SessionAsync(
        NpgsqlConnection connection,
        SessionKey session,
        long after,
        bool useSnapshot,
        CancellationToken cancellation
    )
    {
        await using NpgsqlCommand command = connection.Command(
            Read,
            session.Tenant,
            session.Id,
            after,
            useSnapshot && after == 0
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        SessionHeader? header = null;
        StoredSnapshot? snapshot = null;
        List<StoredEvent> events = [];
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            header ??= Header(reader);
            if (!reader.IsDBNull(HeaderColumns + 2))
            {
                events.Add(Event(reader));
            }
            else if (!reader.IsDBNull(HeaderColumns))
            {
                snapshot = new StoredSnapshot(
                    reader.GetInt64(HeaderColumns),
                    reader.GetFieldValue<byte[]>(HeaderColumns + 3)
                );
            }
        }

        return header is null ? null : new SessionRead(header, snapshot, events);
    }

    public static async Task<SessionKey?> SessionOfTurnAsync(
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
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is string id
            ? new SessionKey(tenant, id)
            : null;
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

    private static StoredEvent Event(NpgsqlDataReader reader) =>
        new(
            reader.GetInt64(HeaderColumns),
            At(reader, HeaderColumns + 1),
            reader.GetString(HeaderColumns + 2),
            reader.GetFieldValue<byte[]>(HeaderColumns + 3)
        )
        {
            Vector = reader.IsDBNull(HeaderColumns + 4) ? null : reader.GetFieldValue<byte[]>(HeaderColumns + 4),
        };

    private static SessionHeader Header(NpgsqlDataReader reader) =>
        new(
            new SessionKey(reader.GetString(0), reader.GetString(1)),
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
