namespace MultiTurnTrainer.Sessions.Stores;

/// <summary>Keeps sessions in one SQLite file.</summary>
public sealed class SqliteSessionStore : ISessionStore
{
    private readonly SqliteConnections _connections;
    private readonly OutputLock? _lock;
    private readonly string _path;

    private SqliteSessionStore(string path, OutputLock? held)
    {
        (_path, _lock) = (path, held);
        _connections = new SqliteConnections(path);
    }

    /// <inheritdoc/>
    public string Place => $"sqlite:{_path}";

    /// <summary>Opens a store, or begins one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isServer">
    /// Whether this process serves the sessions: only one may at a time. Others may read and change the store beside it.
    /// </param>
    /// <exception cref="MttException">Another server has it, it is no store, or it cannot be opened.</exception>
    public static SqliteSessionStore Open(string path, bool isServer)
    {
        string full = Path.GetFullPath(path);
        OutputLock? held = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            held = isServer ? OutputLock.Take(full) : null;
            return new SqliteSessionStore(full, held);
        }
        catch (Exception problem)
        {
            held?.Dispose();
            if (problem is IOException or UnauthorizedAccessException)
            {
                throw OutputFile.Explain(full, problem);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public Task<bool> CreateAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    ) =>
        _connections.WriteAsync(
            connection =>
            {
                using SqliteWrite write = new(connection);
                return write.TryInsert(header) is { } key && write.Add(key, header.Tenant, events);
            },
            cancellation
        );

    /// <inheritdoc/>
    public Task<bool> AppendAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    ) =>
        _connections.WriteAsync(
            connection =>
            {
                using SqliteWrite write = new(connection);
                return write.TryAdvance(header, header.Version - events.Count) is { } key
                    && write.Add(key, header.Tenant, events);
            },
            cancellation
        );

    /// <inheritdoc/>
    public Task<SessionRead?> ReadAsync(
        string tenant,
        string id,
        long after = 0,
        bool useSnapshot = false,
        CancellationToken cancellation = default
    ) =>
        Task.FromResult(
            _connections.Read(connection => SqliteReads.Session(connection, tenant, id, after, useSnapshot))
        );

    /// <inheritdoc/>
    public Task WriteSnapshotAsync(
        string tenant,
        string id,
        StoredSnapshot snapshot,
        CancellationToken cancellation = default
    ) =>
        _connections.WriteAsync(
            connection =>
            {
                using SqliteWrite write = new(connection);
                return write.Snapshot(tenant, id, snapshot);
            },
            cancellation
        );

    /// <inheritdoc/>
    public Task<string?> FindTurnAsync(string tenant, string turn, CancellationToken cancellation = default) =>
        Task.FromResult(_connections.Read(connection => SqliteReads.SessionOfTurn(connection, tenant, turn)));

    /// <inheritdoc/>
    public async IAsyncEnumerable<SessionHeader> ListAsync(
        SessionQuery query,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        await Task.CompletedTask;
        foreach (SessionHeader header in _connections.Read(connection => SqliteReads.Headers(connection, query)))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return header;
        }
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(
        string tenant,
        string id,
        DateTimeOffset at,
        CancellationToken cancellation = default
    ) =>
        _connections.WriteAsync(
            connection =>
            {
                using (SqliteWrite write = new(connection))
                {
                    if (!write.Erase(tenant, id, at))
                    {
                        return false;
                    }
                }

                EmptyLog(connection);
                return true;
            },
            cancellation
        );

    /// <inheritdoc/>
    public Task CompactAsync(CancellationToken cancellation = default) =>
        _connections.WriteAsync(
            connection =>
            {
                EmptyLog(connection);
                return true;
            },
            cancellation
        );

    /// <inheritdoc/>
    public async Task BackUpAsync(string path, CancellationToken cancellation = default)
    {
        using OutputFile output = OutputFile.Create(path, force: false);
        string copy = $"{output.Path}.{Access.SessionIds.New()}";
        try
        {
            _connections.Read(connection => SqliteReads.CopyTo(connection, copy));
            await using FileStream made = File.OpenRead(copy);
            await made.CopyToAsync(output.Stream, cancellation).ConfigureAwait(false);
            output.Commit();
        }
        finally
        {
            File.Delete(copy);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _connections.Dispose();
        _lock?.Dispose();
        return ValueTask.CompletedTask;
    }

    // What was erased in the database still stands in the write-ahead log until that begins anew.
    private void EmptyLog(SqliteConnection connection)
    {
        connection.Run("PRAGMA incremental_vacuum");
        if (connection.Ask("PRAGMA wal_checkpoint(TRUNCATE)") != 0)
        {
            throw new MttException(
                $"{_path}: the session is erased, but another program still reads the log that holds its words",
                "Stop that program, then run mtt sessions gc."
            );
        }
    }
}
