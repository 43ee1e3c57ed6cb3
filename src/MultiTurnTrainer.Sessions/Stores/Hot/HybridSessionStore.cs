// Folder Hot: a fast copy of the last turns before a durable store.
// Refuses to know: how the durable store keeps events.
namespace MultiTurnTrainer.Sessions.Stores.Hot;

/// <summary>
/// A durable store with a hot tier before it. Everything is written through, and nobody waits for the hot side of it: what is read there
/// counts only where it is of the version that the durable store says is the newest. So a hot tier that was cut off, emptied or went back
/// in time costs a read and never an event.
/// </summary>
/// <param name="durable">The store that counts; disposed with this one.</param>
/// <param name="hot">The hot tier; disposed with this one.</param>
public sealed class HybridSessionStore(ISessionStore durable, RedisHotTier hot) : ISessionStore
{
    /// <inheritdoc/>
    public string Place => $"{durable.Place}, hot {hot.Place}{(hot.IsConnected ? "" : " (does not answer now)")}";

    /// <inheritdoc/>
    public async Task<bool> CreateAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    )
    {
        bool isNew = await durable.CreateAsync(header, events, cancellation).ConfigureAwait(false);
        if (isNew)
        {
            hot.Put(new SessionRead(header, null, events));
        }

        return isNew;
    }

    /// <inheritdoc/>
    public async Task<bool> AppendAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    )
    {
        bool isKept = await durable.AppendAsync(header, events, cancellation).ConfigureAwait(false);
        if (isKept)
        {
            hot.Append(header, events);
        }

        return isKept;
    }

    /// <inheritdoc/>
    public async Task<SessionRead?> ReadAsync(
        SessionKey session,
        long after = 0,
        bool useSnapshot = false,
        CancellationToken cancellation = default
    )
    {
        if (after > 0)
        {
            // Who knows a version asks for little: the durable side says at once whether there is anything new, and what.
            return await durable.ReadAsync(session, after, useSnapshot, cancellation).ConfigureAwait(false);
        }

        Task<HotSession?> asked = hot.FindAsync(session, useSnapshot);
        SessionRead? newest = await durable
            .ReadAsync(session, long.MaxValue, cancellation: cancellation)
            .ConfigureAwait(false);
        HotSession? found = await asked.ConfigureAwait(false);
        if (newest is null or { Header.IsDeleted: true })
        {
            return newest;
        }

        if (hot.Note(found?.Version == newest.Header.Version))
        {
            return new SessionRead(newest.Header, found!.Snapshot, found.Events);
        }

        SessionRead? read = await durable.ReadAsync(session, after, useSnapshot, cancellation).ConfigureAwait(false);
        if (read is { Header.IsDeleted: false })
        {
            hot.Put(read);
        }

        return read;
    }

    /// <inheritdoc/>
    public async Task WriteSnapshotAsync(
        SessionKey session,
        StoredSnapshot snapshot,
        CancellationToken cancellation = default
    )
    {
        await durable.WriteSnapshotAsync(session, snapshot, cancellation).ConfigureAwait(false);
        hot.Put(session, snapshot);
    }

    /// <inheritdoc/>
    public Task<SessionKey?> FindTurnAsync(string tenant, string turn, CancellationToken cancellation = default) =>
        durable.FindTurnAsync(tenant, turn, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<SessionHeader> ListAsync(SessionQuery query, CancellationToken cancellation = default) =>
        durable.ListAsync(query, cancellation);

    /// <inheritdoc/>
    public Task WaitForChangeAsync(SessionKey session, long version, CancellationToken cancellation = default) =>
        durable.WaitForChangeAsync(session, version, cancellation);

    /// <inheritdoc/>
    public Task<bool> TryLeaseAsync(SessionKey session, TimeSpan duration, CancellationToken cancellation = default) =>
        durable.TryLeaseAsync(session, duration, cancellation);

    /// <inheritdoc/>
    /// <exception cref="MttException">It is erased, but the hot tier did not answer: its copy lives until its time is over.</exception>
    public async Task<bool> DeleteAsync(SessionKey session, DateTimeOffset at, CancellationToken cancellation = default)
    {
        bool isErased = await durable.DeleteAsync(session, at, cancellation).ConfigureAwait(false);
        if (
            !isErased
            && await durable.ReadAsync(session, long.MaxValue, cancellation: cancellation).ConfigureAwait(false) is null
        )
        {
            return false;
        }

        return await hot.EraseAsync(session).ConfigureAwait(false)
            ? isErased
            : throw new MttException(
                $"{hot.Place}: the session is erased, but the hot tier that holds a copy of its last turns does not answer",
                "Erase it again when Redis is back; otherwise the copy ends with its time to live."
            )
            {
                IsPassing = true,
            };
    }

    /// <inheritdoc/>
    public Task CompactAsync(CancellationToken cancellation = default) => durable.CompactAsync(cancellation);

    /// <inheritdoc/>
    public Task BackUpAsync(string path, CancellationToken cancellation = default) =>
        durable.BackUpAsync(path, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await hot.DisposeAsync().ConfigureAwait(false);
        await durable.DisposeAsync().ConfigureAwait(false);
    }
}
