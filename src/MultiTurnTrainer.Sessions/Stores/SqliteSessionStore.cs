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
        _connections.Writer.WriteAsync(
            write => write.TryInsert(header) is { } key && write.Add(key, header.Tenant, events),
            cancellation
        );

    /// <inheritdoc/>
    public Task<bool> AppendAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    ) =>
        _connections.Writer.WriteAsync(
            write =>
                write.TryAdvance(header, header.Version - events.Count) is { } key
                && write.Add(key, header.Tenant, events),
            cancellation
        );

    /// <inheritdoc/>
    public Task<SessionRead?> ReadAsync(
        SessionKey session,
        long after = 0,
        bool useSnapshot = false,
        CancellationToken cancellation = default
    ) => Task.FromResult(_connections.Read(connection => SqliteReads.Session(connection, session, after, useSnapshot)));

    /// <inheritdoc/>
    public Task WriteSnapshotAsync(
        SessionKey session,
        StoredSnapshot snapshot,
        CancellationToken cancellation = default
    ) => _connections.Writer.WriteAsync(write => write.Snapshot(session, snapshot), cancellation);

    /// <inheritdoc/>
    public Task<SessionKey?> FindTurnAsync(string tenant, string turn, CancellationToken cancellation = default) =>
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
    public async Task<bool> DeleteAsync(SessionKey session, DateTimeOffset at, CancellationToken cancellation = default)
    {
        bool isErased = await _connections
            .Writer.WriteAsync(write => write.Erase(session, at), cancellation)
            .ConfigureAwait(false);
        if (isErased)
        {
            _connections.Writer.RunBetween(EmptyLog);
        }

        return isErased;
    }

    /// <inheritdoc/>
    public Task CompactAsync(CancellationToken cancellation = default)
    {
        _connections.Writer.RunBetween(EmptyLog);
        return Task.CompletedTask;
    }

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
    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync().ConfigureAwait(false);
        _lock?.Dispose();
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
