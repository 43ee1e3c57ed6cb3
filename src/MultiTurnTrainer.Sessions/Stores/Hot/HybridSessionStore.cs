// Folder Hot: a fast copy of the last turns before a durable store.
// Refuses to know: how the durable store keeps events.
namespace MultiTurnTrainer.Sessions.Stores.Hot;

/// <summary>
/// A durable store with a hot tier before it. Everything is written through; what is read from the hot tier is what the durable store
/// says is the newest version, so that a hot tier that was cut off, emptied or went back in time costs a read and never an event.
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
            await hot.PutAsync(new SessionRead(header, null, events)).ConfigureAwait(false);
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
            await hot.AppendAsync(header, events).ConfigureAwait(false);
        }

        return isKept;
    }

    /// <inheritdoc/>
    public async Task<SessionRead?> ReadAsync(
        string tenant,
        string id,
        long after = 0,
        bool useSnapshot = false,
        CancellationToken cancellation = default
    )
    {
        SessionRead? newest = await durable
            .ReadAsync(tenant, id, long.MaxValue, cancellation: cancellation)
            .ConfigureAwait(false);
        if (newest is null || newest.Header.IsDeleted || newest.Header.Version <= after)
        {
            return newest;
        }

        SessionRead? found = await hot.FindAsync(newest.Header, after, useSnapshot).ConfigureAwait(false);
        if (found is not null)
        {
            return found;
        }

        SessionRead? read = await durable.ReadAsync(tenant, id, after, useSnapshot, cancellation).ConfigureAwait(false);
        if (read is { Header.IsDeleted: false } && after == 0)
        {
            await hot.PutAsync(read).ConfigureAwait(false);
        }

        return read;
    }

    /// <inheritdoc/>
    public async Task WriteSnapshotAsync(
        string tenant,
        string id,
        StoredSnapshot snapshot,
        CancellationToken cancellation = default
    )
    {
        await durable.WriteSnapshotAsync(tenant, id, snapshot, cancellation).ConfigureAwait(false);
        await hot.SnapshotAsync(tenant, id, snapshot).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<string?> FindTurnAsync(string tenant, string turn, CancellationToken cancellation = default) =>
        durable.FindTurnAsync(tenant, turn, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<SessionHeader> ListAsync(SessionQuery query, CancellationToken cancellation = default) =>
        durable.ListAsync(query, cancellation);

    /// <inheritdoc/>
    public Task WaitForChangeAsync(string tenant, string id, long version, CancellationToken cancellation = default) =>
        durable.WaitForChangeAsync(tenant, id, version, cancellation);

    /// <inheritdoc/>
    public Task<bool> TryLeaseAsync(
        string tenant,
        string id,
        TimeSpan duration,
        CancellationToken cancellation = default
    ) => durable.TryLeaseAsync(tenant, id, duration, cancellation);

    /// <inheritdoc/>
    /// <exception cref="MttException">It is erased, but the hot tier did not answer: its copy lives until its time is over.</exception>
    public async Task<bool> DeleteAsync(
        string tenant,
        string id,
        DateTimeOffset at,
        CancellationToken cancellation = default
    )
    {
        bool isErased = await durable.DeleteAsync(tenant, id, at, cancellation).ConfigureAwait(false);
        return await hot.EraseAsync(tenant, id).ConfigureAwait(false)
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
