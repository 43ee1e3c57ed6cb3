// Folder Stores: keeps sessions' events, durably and in order.
// Refuses to know: what an event says, what events add up to.
namespace MultiTurnTrainer.Sessions.Stores;

/// <summary>
/// Keeps the events of sessions. Everything is scoped by tenant. Safe for several threads. Every store passes the same conformance
/// suite (<c>SessionStoreConformance</c>).
/// </summary>
public interface ISessionStore : IAsyncDisposable
{
    /// <summary>Where it is, for people; without secrets.</summary>
    string Place { get; }

    /// <summary>Begins a session, durably.</summary>
    /// <param name="header">Its header, with the version after <paramref name="events"/>.</param>
    /// <param name="events">Its first events, versions from 1.</param>
    /// <param name="cancellation">Ends the wait; then it is unknown whether the events were kept.</param>
    /// <returns>False where the tenant has, or had, a session of this id.</returns>
    Task<bool> CreateAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    );

    /// <summary>Adds events if nobody else has in the meantime, all or none, durable when it returns.</summary>
    /// <param name="header">The header as it is with them; its version less their number is the one that must be in the store.</param>
    /// <param name="events">The events, versions in a row.</param>
    /// <param name="cancellation">As for <see cref="CreateAsync"/>.</param>
    /// <returns>False where the session has another version, or is gone.</returns>
    Task<bool> AppendAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    );

    /// <summary>Reads a session: its header and the events after a version, of one moment.</summary>
    /// <param name="session">The session.</param>
    /// <param name="after">The version that is known; 0 for everything.</param>
    /// <param name="useSnapshot">Whether a snapshot may stand for the events up to it; never with a known version.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <returns>Null where there is none; a tombstone has no events.</returns>
    Task<SessionRead?> ReadAsync(
        SessionKey session,
        long after = 0,
        bool useSnapshot = false,
        CancellationToken cancellation = default
    );

    /// <summary>Keeps a snapshot in place of an older one. It is a cache: the store may forget it.</summary>
    Task WriteSnapshotAsync(SessionKey session, StoredSnapshot snapshot, CancellationToken cancellation = default);

    /// <summary>The session that a turn was begun in, or null.</summary>
    Task<SessionKey?> FindTurnAsync(string tenant, string turn, CancellationToken cancellation = default);

    /// <summary>Headers, the newest change first, as they are at that moment; tombstones only if asked for.</summary>
    IAsyncEnumerable<SessionHeader> ListAsync(SessionQuery query, CancellationToken cancellation = default);

    /// <summary>Waits until a session may have another version than one that is known, a second at most.</summary>
    Task WaitForChangeAsync(SessionKey session, long version, CancellationToken cancellation = default) =>
        Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);

    /// <summary>Takes or prolongs the right to work on a session beside its turns, for some time; none gives it back.</summary>
    /// <returns>False where another server has it. A store of one server always gives it.</returns>
    Task<bool> TryLeaseAsync(SessionKey session, TimeSpan duration, CancellationToken cancellation = default) =>
        Task.FromResult(true);

    /// <summary>
    /// Erases a session, snapshots included, so that its content is in no file of the store, and leaves a header without content.
    /// </summary>
    /// <returns>False where there is none, or only a tombstone.</returns>
    Task<bool> DeleteAsync(SessionKey session, DateTimeOffset at, CancellationToken cancellation = default);

    /// <summary>Makes sure that nothing which was erased is left in a file of the store.</summary>
    Task CompactAsync(CancellationToken cancellation = default);

    /// <summary>Copies the whole store as it is at one moment, while it is in use.</summary>
    /// <param name="path">A file that does not exist yet.</param>
    /// <param name="cancellation">Ends the copy; no file is left.</param>
    Task BackUpAsync(string path, CancellationToken cancellation = default);
}
