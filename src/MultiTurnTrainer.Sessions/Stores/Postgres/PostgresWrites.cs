namespace MultiTurnTrainer.Sessions.Stores.Postgres;

/// <summary>
/// What is written to a PostgreSQL store. A write whose connection breaks may have been kept: each carries an id of its own, by
/// which its next try finds that out.
/// </summary>
internal static class PostgresWrites
{
    // From here on a stream of rows is cheaper than arrays of parameters.
    private const int ManyEvents = 64;

    // One statement, so one round trip and one transaction. Waiting clients care for a turn's end, not for its checkpoints.
    private const string Add = """
        , added AS (
            INSERT INTO mtt.events (session, version, at, kind, write, data)
            SELECT key, e.version, e.at, e.kind, $1, e.data FROM changed, unnest($2, $3, $4, $5) AS e (version, at, kind, data)
        ), numbers AS (
            INSERT INTO mtt.vectors (session, version, data)
            SELECT key, v.version, v.data FROM changed, unnest($15, $16) AS v (version, data)
        ), named AS (
            INSERT INTO mtt.turns (tenant, turn, session) SELECT $7, turn, key FROM changed, unnest($6) AS turn
            ON CONFLICT DO NOTHING
        )
        SELECT key, CASE WHEN $12 IS NULL THEN pg_notify('mtt_sessions', $8) END FROM changed
        """;

    private const string Insert =
        """
            WITH changed AS (
                INSERT INTO mtt.sessions (tenant, id, version, updated, owner, pending, server, created)
                VALUES ($7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING RETURNING key
            )
            """ + Add;

    // Whoever began the pending turn answers it, whoever else writes meanwhile.
    private const string Advance =
        """
            WITH changed AS (
                UPDATE mtt.sessions SET version = $9, updated = $10, owner = $11, pending = $12,
                    server = CASE WHEN pending IS NOT DISTINCT FROM $12 THEN server ELSE $13 END
                WHERE tenant = $7 AND id = $8 AND version = $14 AND NOT deleted RETURNING key
            )
            """ + Add;

    public static async Task<bool> CreateAsync(
        NpgsqlConnection connection,
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        WriteMark mark,
        CancellationToken cancellation
    )
    {
        if (events.Count < ManyEvents)
        {
            await using NpgsqlCommand command = Command(
                connection,
                Insert,
                header,
                events,
                mark,
                header.CreatedAt.UtcTicks
            );
            return await KeptAsync(connection, command, header, mark, cancellation).ConfigureAwait(false);
        }

        await using NpgsqlTransaction transaction = await connection
            .BeginTransactionAsync(cancellation)
            .ConfigureAwait(false);
        await using NpgsqlCommand first = Command(connection, Insert, header, [], mark, header.CreatedAt.UtcTicks);
        if (await first.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is not long key)
        {
            return mark.Tries > 0 && await WasKeptAsync(connection, header, mark, cancellation).ConfigureAwait(false);
        }

        await CopyAsync(connection, header.Tenant, key, events, mark, cancellation).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        return true;
    }

    public static async Task<bool> AppendAsync(
        NpgsqlConnection connection,
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        WriteMark mark,
        CancellationToken cancellation
    )
    {
        await using NpgsqlCommand command = Command(
            connection,
            Advance,
            header,
            events,
            mark,
            header.Version - events.Count
        );
        return await KeptAsync(connection, command, header, mark, cancellation).ConfigureAwait(false);
    }

    /// <summary>Keeps a snapshot of a session that is not being erased.</summary>
    public static async Task<bool> SnapshotAsync(
        NpgsqlConnection connection,
        SessionKey session,
        StoredSnapshot snapshot,
        CancellationToken cancellation
    )
    {
        await using NpgsqlCommand command = new(
            """
            INSERT INTO mtt.snapshots (session, version, data)
            SELECT key, $3, $4 FROM (
                SELECT key FROM mtt.sessions WHERE tenant = $1 AND id = $2 AND NOT deleted FOR SHARE
            ) living
            ON CONFLICT (session) DO UPDATE SET version = excluded.version, data = excluded.data
            WHERE mtt.snapshots.version < excluded.version
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = session.Tenant },
                new() { Value = session.Id },
                new() { Value = snapshot.Version },
                new() { Value = snapshot.Data, NpgsqlDbType = NpgsqlDbType.Bytea },
            },
        };
        return await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false) > 0;
    }

    /// <summary>Erases a session and leaves its tombstone.</summary>
    public static async Task<bool> EraseAsync(
        NpgsqlConnection connection,
        SessionKey session,
        DateTimeOffset at,
        CancellationToken cancellation
    )
    {
        await using NpgsqlTransaction transaction = await connection
            .BeginTransactionAsync(cancellation)
            .ConfigureAwait(false);
        await using NpgsqlCommand mark = connection.Command(
            """
            UPDATE mtt.sessions SET deleted = true, updated = $3, owner = NULL, pending = NULL, server = NULL
            WHERE tenant = $1 AND id = $2 AND NOT deleted RETURNING key, pg_notify('mtt_sessions', id)
            """,
            session.Tenant,
            session.Id,
            at.UtcTicks
        );
        if (await mark.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is not long key)
        {
            return false;
        }

        // Statements of their own: each sees what was added before the session was marked.
        foreach (string table in (string[])["events", "vectors", "turns", "snapshots", "leases"])
        {
            await using NpgsqlCommand erase = connection.Command($"DELETE FROM mtt.{table} WHERE session = $1", key);
            await erase.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        return true;
    }

    private static async Task<bool> KeptAsync(
        NpgsqlConnection connection,
        NpgsqlCommand command,
        SessionHeader header,
        WriteMark mark,
        CancellationToken cancellation
    ) =>
        await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is not null
        || (mark.Tries > 0 && await WasKeptAsync(connection, header, mark, cancellation).ConfigureAwait(false));

    private static async Task<bool> WasKeptAsync(
        NpgsqlConnection connection,
        SessionHeader header,
        WriteMark mark,
        CancellationToken cancellation
    )
    {
        await using NpgsqlCommand command = connection.Command(
            """
            SELECT 1 FROM mtt.events e JOIN mtt.sessions s ON s.key = e.session
            WHERE s.tenant = $1 AND s.id = $2 AND e.version = $3 AND e.write = $4
            """,
            header.Tenant,
            header.Id,
            header.Version,
            mark.Id
        );
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is not null;
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection,
        string tenant,
        long key,
        IReadOnlyList<StoredEvent> events,
        WriteMark mark,
        CancellationToken cancellation
    )
    {
        await using (
            NpgsqlBinaryImporter rows = await connection
                .BeginBinaryImportAsync(
                    "COPY mtt.events (session, version, at, kind, write, data) FROM STDIN (FORMAT BINARY)",
                    cancellation
                )
                .ConfigureAwait(false)
        )
        {
            foreach (StoredEvent stored in events)
            {
                await rows.StartRowAsync(cancellation).ConfigureAwait(false);
                await rows.WriteAsync(key, cancellation).ConfigureAwait(false);
                await rows.WriteAsync(stored.Version, cancellation).ConfigureAwait(false);
                await rows.WriteAsync(stored.At.UtcTicks, cancellation).ConfigureAwait(false);
                await rows.WriteAsync(stored.Kind, cancellation).ConfigureAwait(false);
                await rows.WriteAsync(mark.Id, cancellation).ConfigureAwait(false);
                await rows.WriteAsync(stored.Data, NpgsqlDbType.Bytea, cancellation).ConfigureAwait(false);
            }

            await rows.CompleteAsync(cancellation).ConfigureAwait(false);
        }

        StoredEvent[] numbered = Numbered(events);
        await using NpgsqlCommand vectors = connection.Command(
            "INSERT INTO mtt.vectors (session, version, data) SELECT $1, v.version, v.data FROM unnest($2, $3) AS v (version, data)",
            key,
            Versions(numbered),
            Vectors(numbered)
        );
        await vectors.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        await using NpgsqlCommand named = connection.Command(
            "INSERT INTO mtt.turns (tenant, turn, session) SELECT $1, turn, $2 FROM unnest($3) AS turn ON CONFLICT DO NOTHING",
            tenant,
            key,
            Turns(events)
        );
        await named.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private static NpgsqlCommand Command(
        NpgsqlConnection connection,
        string sql,
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        WriteMark mark,
        long last
    ) =>
        new(sql, connection)
        {
            Parameters =
            {
                new() { Value = mark.Id },
                new() { Value = Versions(events) },
                new() { Value = events.Select(stored => stored.At.UtcTicks).ToArray() },
                new() { Value = events.Select(stored => stored.Kind).ToArray() },
                new() { Value = events.Select(stored => stored.Data.ToArray()).ToArray() },
                new() { Value = Turns(events) },
                new() { Value = header.Tenant },
                new() { Value = header.Id },
                new() { Value = header.Version },
                new() { Value = header.UpdatedAt.UtcTicks },
                new()
                {
                    Value = (object?)PostgresReads.Bytes(header.User) ?? DBNull.Value,
                    NpgsqlDbType = NpgsqlDbType.Bytea,
                },
                new() { Value = (object?)header.Pending ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new()
                {
                    Value = header.Pending is null || mark.Server is null ? DBNull.Value : mark.Server,
                    NpgsqlDbType = NpgsqlDbType.Uuid,
                },
                new() { Value = last },
                new() { Value = Versions(Numbered(events)) },
                new() { Value = Vectors(Numbered(events)) },
            },
        };

    private static StoredEvent[] Numbered(IReadOnlyList<StoredEvent> events) =>
        [.. events.Where(stored => !stored.Vector.IsEmpty)];

    private static long[] Versions(IReadOnlyList<StoredEvent> events) => [.. events.Select(stored => stored.Version)];

    private static byte[][] Vectors(IReadOnlyList<StoredEvent> events) =>
        [.. events.Select(stored => stored.Vector.ToArray())];

    private static string[] Turns(IReadOnlyList<StoredEvent> events) =>
        [.. events.Select(stored => stored.Begins).OfType<string>()];
}

/// <summary>Which write it is.</summary>
/// <param name="Id">Its own.</param>
/// <param name="Server">The server that answers the turn that is pending with it; null for none.</param>
/// <param name="Tries">How often it was tried before.</param>
internal readonly record struct WriteMark(Guid Id, Guid? Server, int Tries);
