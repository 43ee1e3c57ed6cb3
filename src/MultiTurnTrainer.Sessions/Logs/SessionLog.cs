// Folder Logs: reads and writes the events of sessions as states, one change after the other.
// Refuses to know: which changes are allowed, how a store keeps events.
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Logs;

/// <summary>
/// The sessions of a store as states. Reading costs the events since the last reading or snapshot, however long the session is.
/// Safe for several threads, and beside other processes on the same store.
/// </summary>
/// <param name="store">Keeps the events; disposed by its owner.</param>
/// <param name="clock">Tells the time.</param>
/// <param name="cacheBytes">About how much memory the states that are kept may take.</param>
public sealed class SessionLog(ISessionStore store, TimeProvider clock, long cacheBytes = 256L << 20)
{
    private const int MostAttempts = 100;
    private readonly StateCache _cache = new(cacheBytes);

    /// <summary>Keeps the events.</summary>
    public ISessionStore Store => store;

    /// <summary>The time.</summary>
    internal DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>Begins a session.</summary>
    /// <returns>Its state; the id is new.</returns>
    public async Task<SessionState> CreateAsync(
        string tenant,
        IReadOnlyList<SessionEvent> events,
        CancellationToken cancellation = default
    ) =>
        await TryCreateAsync(tenant, SessionIds.New(), Place(events, 0, clock.GetUtcNow()), cancellation)
            .ConfigureAwait(false)
        ?? throw new InvalidOperationException("256 random bits were drawn twice");

    /// <summary>Begins a session of a given id with events that have happened already.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="id">The id.</param>
    /// <param name="events">The events, versions from 1.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Null where the id is taken.</returns>
    public async Task<SessionState?> TryCreateAsync(
        string tenant,
        string id,
        IReadOnlyList<LoggedEvent> events,
        CancellationToken cancellation = default
    )
    {
        SessionState state = SessionFold.Apply(SessionFold.Empty(tenant, id), events);
        StoredEvent[] stored = [.. events.Select(Stored)];
        if (!await store.CreateAsync(Header(state), stored, cancellation).ConfigureAwait(false))
        {
            return null;
        }

        _cache.Put(state, Size(stored));
        return state;
    }

    /// <summary>A session as it is now.</summary>
    /// <exception cref="SessionNotFoundException">There is none.</exception>
    public async Task<SessionState> LoadAsync(string tenant, string id, CancellationToken cancellation = default)
    {
        SessionState? known = _cache.Find(tenant, id);
        SessionRead read =
            await store.ReadAsync(tenant, id, known?.Version ?? 0, known is null, cancellation).ConfigureAwait(false)
            ?? throw new SessionNotFoundException(id);
        if (read.Header.IsDeleted)
        {
            _cache.Forget(tenant, id);
            throw new SessionNotFoundException(id);
        }

        if (known is null && read.Snapshot is { } snapshot)
        {
            known = StateSnapshot.TryRead(snapshot);
            if (known is null)
            {
                return await LoadAsync(tenant, id, read.Header.Version, cancellation).ConfigureAwait(false);
            }
        }

        SessionState state = SessionFold.Apply(known ?? SessionFold.Empty(tenant, id), read.Events.Select(Logged));
        _cache.Put(state, Size(read.Events) + (read.Snapshot?.Data.Length ?? 0));
        return state;
    }

    /// <summary>A session as it was at a version, folded from its first event.</summary>
    /// <exception cref="SessionNotFoundException">There is none.</exception>
    /// <exception cref="SessionConflictException">It has no such version yet.</exception>
    public async Task<SessionState> LoadAsync(
        string tenant,
        string id,
        long version,
        CancellationToken cancellation = default
    )
    {
        IReadOnlyList<LoggedEvent> events = await EventsAsync(tenant, id, 0, cancellation).ConfigureAwait(false);
        return version < 1 || version > events.Count
            ? throw new SessionConflictException(events.Count, Invariant($"there is no version {version}"))
            : SessionFold.Apply(SessionFold.Empty(tenant, id), events.Take((int)version));
    }

    /// <summary>The events after a version.</summary>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    public async Task<IReadOnlyList<LoggedEvent>> EventsAsync(
        string tenant,
        string id,
        long after = 0,
        CancellationToken cancellation = default
    )
    {
        SessionRead? read = await store.ReadAsync(tenant, id, after, cancellation: cancellation).ConfigureAwait(false);
        return read is null or { Header.IsDeleted: true }
            ? throw new SessionNotFoundException(id)
            : [.. read.Events.Select(Logged)];
    }

    /// <summary>
    /// Adds events that follow from the state. Whoever loses a race decides again on the newer state, so
    /// <paramref name="decide"/> may be asked several times.
    /// </summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="id">The session.</param>
    /// <param name="decide">Names the events, or none; or throws.</param>
    /// <param name="cancellation">Ends the wait; then it is unknown whether the events were kept.</param>
    /// <returns>The state with them, durable.</returns>
    public async Task<SessionState> ChangeAsync(
        string tenant,
        string id,
        Func<SessionState, IReadOnlyList<SessionEvent>> decide,
        CancellationToken cancellation = default
    )
    {
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            SessionState before = await LoadAsync(tenant, id, cancellation).ConfigureAwait(false);
            IReadOnlyList<SessionEvent> events = decide(before);
            if (events.Count == 0)
            {
                return before;
            }

            // A clock that was set back does not turn the order of events around.
            DateTimeOffset now = clock.GetUtcNow();
            LoggedEvent[] next = Place(events, before.Version, now < before.UpdatedAt ? before.UpdatedAt : now);
            SessionState after = SessionFold.Apply(before, next);
            StoredEvent[] stored = [.. next.Select(Stored)];
            if (await store.AppendAsync(Header(after), stored, cancellation).ConfigureAwait(false))
            {
                _cache.Put(after, Size(stored));
                await KeepSnapshotAsync(before, after, cancellation).ConfigureAwait(false);
                return after;
            }
        }

        throw new SessionConflictException(0, "others change the session all the time");
    }

    /// <summary>Erases a session's content.</summary>
    /// <returns>False where there is none.</returns>
    public async Task<bool> DeleteAsync(string tenant, string id, CancellationToken cancellation = default)
    {
        _cache.Forget(tenant, id);
        return await store.DeleteAsync(tenant, id, clock.GetUtcNow(), cancellation).ConfigureAwait(false);
    }

    private async Task KeepSnapshotAsync(SessionState before, SessionState after, CancellationToken cancellation)
    {
        if (StateSnapshot.IsDue(before.Version, after.Version))
        {
            await store
                .WriteSnapshotAsync(after.Tenant, after.Id, StateSnapshot.Of(after), cancellation)
                .ConfigureAwait(false);
        }
    }

    private static LoggedEvent[] Place(IReadOnlyList<SessionEvent> events, long before, DateTimeOffset at) =>
        [.. events.Select((happened, i) => new LoggedEvent(before + i + 1, at, happened))];

    private static SessionHeader Header(SessionState state) =>
        new(state.Tenant, state.Id, state.Version, state.CreatedAt, state.UpdatedAt, state.User, state.Pending);

    private static StoredEvent Stored(LoggedEvent logged) =>
        new(
            logged.Version,
            logged.At,
            EventJson.KindOf(logged.Event),
            EventJson.Write(logged.Event),
            (logged.Event as TurnBegun)?.Turn ?? (logged.Event as TurnEdited)?.Turn
        );

    private static LoggedEvent Logged(StoredEvent stored) =>
        new(stored.Version, stored.At, EventJson.Read(stored.Kind, stored.Data.Span));

    private static long Size(IReadOnlyList<StoredEvent> events) => events.Sum(stored => (long)stored.Data.Length);
}
