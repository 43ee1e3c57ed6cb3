namespace MultiTurnTrainer.Sessions.Stores;

/// <summary>Keeps sessions while the process lives: for tests and for <c>--store memory</c>.</summary>
public sealed class MemorySessionStore : ISessionStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, Entry> _sessions = [];
    private readonly Dictionary<(string Tenant, string Turn), SessionKey> _turns = [];

    /// <inheritdoc/>
    public string Place => "memory";

    /// <inheritdoc/>
    public Task<bool> CreateAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    )
    {
        lock (_lock)
        {
            Entry entry = new(header);
            return Task.FromResult(_sessions.TryAdd(header.Key, entry) && Add(entry, header, events));
        }
    }

    /// <inheritdoc/>
    public Task<bool> AppendAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    )
    {
        lock (_lock)
        {
            return Task.FromResult(
                _sessions.TryGetValue(header.Key, out Entry? entry)
                    && !entry.Header.IsDeleted
                    && entry.Header.Version == header.Version - events.Count
                    && Add(entry, header, events)
            );
        }
    }

    /// <inheritdoc/>
    public Task<SessionRead?> ReadAsync(
        SessionKey session,
        long after = 0,
        bool useSnapshot = false,
        CancellationToken cancellation = default
    )
    {
        lock (_lock)
        {
            if (!_sessions.TryGetValue(session, out Entry? entry))
            {
                return Task.FromResult<SessionRead?>(null);
            }

            StoredSnapshot? snapshot = useSnapshot && after == 0 ? entry.Snapshot : null;
            int known = (int)Math.Min(snapshot?.Version ?? after, entry.Events.Count);
            return Task.FromResult<SessionRead?>(new(entry.Header, snapshot, entry.Events[known..]));
        }
    }

    /// <inheritdoc/>
    public Task WriteSnapshotAsync(
        SessionKey session,
        StoredSnapshot snapshot,
        CancellationToken cancellation = default
    )
    {
        lock (_lock)
        {
            if (
                _sessions.TryGetValue(session, out Entry? entry)
                && !entry.Header.IsDeleted
                && !(entry.Snapshot?.Version >= snapshot.Version)
            )
            {
                entry.Snapshot = snapshot;
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<SessionKey?> FindTurnAsync(string tenant, string turn, CancellationToken cancellation = default)
    {
        lock (_lock)
        {
            return Task.FromResult<SessionKey?>(
                _turns.TryGetValue((tenant, turn), out SessionKey session) ? session : null
            );
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SessionHeader> ListAsync(
        SessionQuery query,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        SessionHeader[] found;
        lock (_lock)
        {
            found =
            [
                .. _sessions
                    .Values.Select(entry => entry.Header)
                    .Where(query.Takes)
                    .OrderByDescending(header => header.UpdatedAt)
                    .ThenBy(header => header.Id, StringComparer.Ordinal)
                    .Take(query.Limit),
            ];
        }

        await Task.CompletedTask;
        foreach (SessionHeader header in found)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return header;
        }
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(SessionKey session, DateTimeOffset at, CancellationToken cancellation = default)
    {
        lock (_lock)
        {
            if (!_sessions.TryGetValue(session, out Entry? entry) || entry.Header.IsDeleted)
            {
                return Task.FromResult(false);
            }

            foreach (StoredEvent gone in entry.Events)
            {
                _turns.Remove((session.Tenant, gone.Begins ?? ""));
            }

            _sessions[session] = new(
                entry.Header with
                {
                    UpdatedAt = at,
                    User = null,
                    Pending = null,
                    IsDeleted = true,
                }
            );
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task CompactAsync(CancellationToken cancellation = default) => Task.CompletedTask;

    /// <inheritdoc/>
    /// <exception cref="MttException">Always: there is nothing that could be copied to a file.</exception>
    public Task BackUpAsync(string path, CancellationToken cancellation = default) =>
        throw new MttException("sessions in memory cannot be backed up", "Use --store sqlite:FILE.");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool Add(Entry entry, SessionHeader header, IReadOnlyList<StoredEvent> events)
    {
        entry.Header = header;
        entry.Events.AddRange(events);
        foreach (StoredEvent begun in events.Where(stored => stored.Begins is not null))
        {
            _turns.TryAdd((header.Tenant, begun.Begins!), header.Key);
        }

        return true;
    }

    private sealed class Entry(SessionHeader header)
    {
        public SessionHeader Header { get; set; } = header;

        public List<StoredEvent> Events { get; } = [];

        public StoredSnapshot? Snapshot { get; set; }
    }
}
