// Folder Postgres: sessions in a PostgreSQL database that several servers may share.
// Refuses to know: what an event says, what is cached before it.
namespace MultiTurnTrainer.Sessions.Stores.Postgres;

/// <summary>Keeps sessions in a PostgreSQL database, in a schema <c>mtt</c>. Any number of servers and tools may use it at a time.</summary>
public sealed class PostgresSessionStore : ISessionStore
{
    // Where the listening connection is cut, waiting becomes asking once a second.
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(1);
    private readonly PostgresConnections _connections;
    private readonly PostgresServers _servers;
    private readonly PostgresChanges _changes;
    private readonly bool _isServer;

    private PostgresSessionStore(PostgresConnections connections, bool isServer, TimeSpan longestWait)
    {
        _connections = connections;
        _isServer = isServer;
        _servers = new PostgresServers(connections, isServer);
        _changes = new PostgresChanges(connections, isServer, longestWait);
    }

    /// <inheritdoc/>
    public string Place => _connections.Place;

    /// <summary>Opens a store, makes its tables or brings them up to date.</summary>
    /// <param name="url"><c>postgres://user@host:port/database</c>.</param>
    /// <param name="isServer">Whether this process answers turns: then it says that it lives, and listens.</param>
    /// <exception cref="MttException">The database cannot be reached, or its tables are of a newer mtt.</exception>
    public static PostgresSessionStore Open(string url, bool isServer) => Open(url, isServer, _longestWait);

    internal static PostgresSessionStore Open(string url, bool isServer, TimeSpan longestWait)
    {
        PostgresConnections connections = new(PostgresUrl.Parse(url));
        connections.RunNow(connection => PostgresSchema.Update(connection, connections.Place));
        return new PostgresSessionStore(connections, isServer, longestWait);
    }

    /// <inheritdoc/>
    public Task<bool> CreateAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    )
    {
        Guid id = Guid.NewGuid();
        return _connections.RunAsync(
            (connection, tries, token) =>
                PostgresWrites.CreateAsync(connection, header, events, Mark(id, tries), token),
            cancellation
        );
    }

    /// <inheritdoc/>
    public Task<bool> AppendAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    )
    {
        Guid id = Guid.NewGuid();
        return _connections.RunAsync(
            (connection, tries, token) =>
                PostgresWrites.AppendAsync(connection, header, events, Mark(id, tries), token),
            cancellation
        );
    }

    /// <inheritdoc/>
    public Task<SessionRead?> ReadAsync(
        SessionKey session,
        long after = 0,
        bool useSnapshot = false,
        CancellationToken cancellation = default
    ) =>
        _connections.RunAsync(
            (connection, _, token) => PostgresReads.SessionAsync(connection, session, after, useSnapshot, token),
            cancellation
        );

    /// <inheritdoc/>
    public Task WriteSnapshotAsync(
        SessionKey session,
        StoredSnapshot snapshot,
        CancellationToken cancellation = default
    ) =>
        _connections.RunAsync(
            (connection, _, token) => PostgresWrites.SnapshotAsync(connection, session, snapshot, token),
            cancellation
        );

    /// <inheritdoc/>
    public Task<SessionKey?> FindTurnAsync(string tenant, string turn, CancellationToken cancellation = default) =>
        _connections.RunAsync(
            (connection, _, token) => PostgresReads.SessionOfTurnAsync(connection, tenant, turn, token),
            cancellation
        );

    /// <inheritdoc/>
    public async IAsyncEnumerable<SessionHeader> ListAsync(
        SessionQuery query,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        List<SessionHeader> headers = await _connections
            .RunAsync(
                (connection, _, token) => PostgresReads.HeadersAsync(connection, query, _servers, token),
                cancellation
            )
            .ConfigureAwait(false);
        foreach (SessionHeader header in headers)
        {
            yield return header;
        }
    }

    /// <inheritdoc/>
    public Task WaitForChangeAsync(SessionKey session, long version, CancellationToken cancellation = default) =>
        _changes.WaitAsync(
            session.Id,
            async () =>
                await ReadAsync(session, long.MaxValue, cancellation: cancellation).ConfigureAwait(false)
                    is not { Header: { IsDeleted: false } header }
                || header.Version != version,
            cancellation
        );

    /// <inheritdoc/>
    public Task<bool> TryLeaseAsync(SessionKey session, TimeSpan duration, CancellationToken cancellation = default) =>
        _connections.RunAsync(
            async (connection, _, token) =>
            {
                await using NpgsqlCommand command = connection.Command(
                    """
                    INSERT INTO mtt.leases AS held (session, server, until)
                    SELECT key, $3, now() + $4 FROM mtt.sessions WHERE tenant = $1 AND id = $2 AND NOT deleted
                    ON CONFLICT (session) DO UPDATE SET server = excluded.server, until = excluded.until
                    WHERE held.server = excluded.server OR held.until <= now()
                    """,
                    session.Tenant,
                    session.Id,
                    _servers.Id,
                    duration
                );
                return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false) > 0;
            },
            cancellation
        );

    /// <summary>
    /// Erases a session's rows. What stood in them lies in pages and logs of the database until it uses those again:
    /// <see cref="CompactAsync"/> hastens that for the pages.
    /// </summary>
    public Task<bool> DeleteAsync(SessionKey session, DateTimeOffset at, CancellationToken cancellation = default) =>
        _connections.RunAsync(
            async (connection, tries, token) =>
                await PostgresWrites.EraseAsync(connection, session, at, token).ConfigureAwait(false)
                || (
                    tries > 0
                    && await PostgresReads.SessionAsync(connection, session, 0, false, token).ConfigureAwait(false)
                        is { Header: { IsDeleted: true } header }
                    && header.UpdatedAt == at
                ),
            cancellation
        );

    /// <inheritdoc/>
    public Task CompactAsync(CancellationToken cancellation = default) =>
        _connections.RunAsync(
            async (connection, _, token) =>
            {
                await using NpgsqlCommand command = new(
                    "VACUUM mtt.events, mtt.vectors, mtt.turns, mtt.snapshots, mtt.sessions",
                    connection
                )
                {
                    CommandTimeout = 0,
                };
                return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
            },
            cancellation
        );

    /// <inheritdoc/>
    /// <exception cref="MttException">Always: the database has tools of its own for that.</exception>
    public Task BackUpAsync(string path, CancellationToken cancellation = default) =>
        throw new MttException($"{Place}: mtt copies no PostgreSQL database", "Use pg_dump, or mtt sessions migrate.");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _changes.DisposeAsync().ConfigureAwait(false);
        await _servers.DisposeAsync().ConfigureAwait(false);
        await _connections.DisposeAsync().ConfigureAwait(false);
    }

    private WriteMark Mark(Guid id, int tries) => new(id, _isServer ? _servers.Id : null, tries);
}
