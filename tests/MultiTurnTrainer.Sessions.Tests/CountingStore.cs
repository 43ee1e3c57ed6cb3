using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Tests;

/// <summary>A store in memory that counts what is read of it.</summary>
/// <param name="keepsSnapshots">Whether it keeps snapshots: a store may forget them.</param>
/// <param name="beforeSnapshot">What a snapshot waits for before it is written; null for nothing.</param>
internal sealed class CountingStore(bool keepsSnapshots = true, Func<Task>? beforeSnapshot = null) : ISessionStore
{
    private readonly MemorySessionStore _store = new();

    public string Place => _store.Place;

    /// <summary>Events that were read.</summary>
    public int Events { get; private set; }

    /// <summary>Bytes of events and snapshots that were read.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of the newest snapshot.</summary>
    public int Snapshot { get; private set; }

    public Task<bool> CreateAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation
    ) => _store.CreateAsync(header, events, cancellation);

    public Task<bool> AppendAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation
    ) => _store.AppendAsync(header, events, cancellation);

    public async Task<SessionRead?> ReadAsync(
        SessionKey session,
        long after,
        bool useSnapshot,
        CancellationToken cancellation
    )
    {
        SessionRead? read = await _store.ReadAsync(session, after, useSnapshot, cancellation);
        Events += read?.Events.Count ?? 0;
        Bytes += (read?.Events.Sum(stored => (long)stored.Data.Length) ?? 0) + (read?.Snapshot?.Data.Length ?? 0);
        return read;
    }

    public async Task WriteSnapshotAsync(SessionKey session, StoredSnapshot snapshot, CancellationToken cancellation)
    {
        if (beforeSnapshot is not null)
        {
            await beforeSnapshot();
        }

        Snapshot = snapshot.Data.Length;
        if (keepsSnapshots)
        {
            await _store.WriteSnapshotAsync(session, snapshot, cancellation);
        }
    }

    public Task<SessionKey?> FindTurnAsync(string tenant, string turn, CancellationToken cancellation) =>
        _store.FindTurnAsync(tenant, turn, cancellation);

    public IAsyncEnumerable<SessionHeader> ListAsync(SessionQuery query, CancellationToken cancellation) =>
        _store.ListAsync(query, cancellation);

    public Task<bool> DeleteAsync(SessionKey session, DateTimeOffset at, CancellationToken cancellation) =>
        _store.DeleteAsync(session, at, cancellation);

    public Task CompactAsync(CancellationToken cancellation) => _store.CompactAsync(cancellation);

    public Task BackUpAsync(string path, CancellationToken cancellation) => _store.BackUpAsync(path, cancellation);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
