// Folder Logs: reads and writes the events of sessions as states, one change after the other.
// Refuses to know: which changes are allowed, how a store keeps events.
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Logs;

/// <summary>
/// The sessions of a store as states. What a turn needs of one costs the same however long the session is.
/// Safe for several threads, and beside other processes on the same store.
/// </summary>
/// <param name="store">Keeps the events; disposed by its owner.</param>
/// <param name="clock">Tells the time.</param>
/// <param name="cacheBytes">About how much memory the states that are kept may take.</param>
/// <param name="compression">Writes short forms beside the turns; null writes each at once. Disposed by its owner.</param>
public sealed class SessionLog(
    ISessionStore store,
    TimeProvider clock,
    long cacheBytes = 256L << 20,
    CompressionQueue? compression = null
)
{
    private const int MostAttempts = 100;
    private readonly StateCache _cache = new(cacheBytes);

    /// <summary>Told of sessions that are erased: whoever keeps something of one beside its log forgets it.</summary>
    public event Action<SessionKey>? Erased;

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
        await TryCreateAsync(
                new SessionKey(tenant, SessionIds.New()),
                Place(events, 0, clock.GetUtcNow()),
                cancellation
            )
            .ConfigureAwait(false)
        ?? throw new InvalidOperationException("256 random bits were drawn twice");

    /// <summary>Begins a session of a given id with events that have happened already.</summary>
    /// <param name="key">Which it becomes.</param>
    /// <param name="events">The events, versions from 1.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Null where the id is taken.</returns>
    public async Task<SessionState?> TryCreateAsync(
        SessionKey key,
        IReadOnlyList<LoggedEvent> events,
        CancellationToken cancellation = default
    )
    {
        SessionState state = SessionFold.Apply(SessionFold.Empty(key), events);
        StoredEvent[] stored = [.. events.Select(EventBytes.Write)];
        if (!await store.CreateAsync(Header(state), stored, cancellation).ConfigureAwait(false))
        {
            return null;
        }

        _cache.Put(new RecentSession(state) { Size = Size(stored) });
        return state;
    }

    /// <summary>A session as it is now, whole.</summary>
    /// <exception cref="SessionNotFoundException">There is none.</exception>
    public async Task<SessionState> LoadAsync(SessionKey key, CancellationToken cancellation = default)
    {
        SessionState state = (await RecentAsync(key, cancellation).ConfigureAwait(false)).State;
        return state.IsWhole
            ? state
            : SessionFold.Apply(SessionFold.Empty(key), await EventsAsync(key, 0, cancellation).ConfigureAwait(false));
    }

    /// <summary>A session as it is now, maybe in short form: what a turn needs.</summary>
    /// <exception cref="SessionNotFoundException">There is none.</exception>
    public async Task<RecentSession> RecentAsync(SessionKey key, CancellationToken cancellation = default)
    {
        RecentSession? known = _cache.Find(key);
        SessionRead read =
            await store.ReadAsync(key, known?.State.Version ?? 0, known is null, cancellation).ConfigureAwait(false)
            ?? throw new SessionNotFoundException(key.Id);
        if (read.Header.IsDeleted)
        {
            Forget(key);
            throw new SessionNotFoundException(key.Id);
        }

        RecentSession session =
            Fold(known ?? Begun(key, read.Snapshot), read.Events)
            ?? Whole(key, await StoredAsync(key, 0, cancellation).ConfigureAwait(false));
        _cache.Put(session);
        return session;
    }

    /// <summary>A session as it is now, with a turn of it: whole only where that lies far back.</summary>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    public async Task<SessionState> LoadWithTurnAsync(
        SessionKey key,
        string turn,
        CancellationToken cancellation = default
    )
    {
        SessionState state = (await RecentAsync(key, cancellation).ConfigureAwait(false)).State;
        return state.IsWhole || state.FindTurn(turn) is not null
            ? state
            : await LoadAsync(key, state.Version, cancellation).ConfigureAwait(false);
    }

    /// <summary>A session as it was at a version, folded from its first event.</summary>
    /// <exception cref="SessionNotFoundException">There is none.</exception>
    /// <exception cref="SessionConflictException">It has no such version yet.</exception>
    public async Task<SessionState> LoadAsync(SessionKey key, long version, CancellationToken cancellation = default)
    {
        IReadOnlyList<LoggedEvent> events = await EventsAsync(key, 0, cancellation).ConfigureAwait(false);
        return version < 1 || version > events.Count
            ? throw new SessionConflictException(events.Count, Invariant($"there is no version {version}"))
            : SessionFold.Apply(SessionFold.Empty(key), events.Take((int)version));
    }

    /// <summary>The events after a version.</summary>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    public async Task<IReadOnlyList<LoggedEvent>> EventsAsync(
        SessionKey key,
        long after = 0,
        CancellationToken cancellation = default
    ) => [.. (await StoredAsync(key, after, cancellation).ConfigureAwait(false)).Select(EventBytes.Read)];

    /// <inheritdoc cref="ChangeAsync(SessionKey, Func{SessionState, IReadOnlyList{SessionEvent}}, SessionPlan?, CancellationToken)"/>
    public Task<SessionState> ChangeAsync(
        SessionKey key,
        Func<SessionState, IReadOnlyList<SessionEvent>> decide,
        CancellationToken cancellation = default
    ) => ChangeAsync(key, decide, null, cancellation);

    /// <summary>
    /// Adds events that follow from the state. Whoever loses a race decides again on the newer state, so
    /// <paramref name="decide"/> may be asked several times.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="decide">Names the events, or none; or throws.</param>
    /// <param name="plan">Where the plans of the session's prompts stand, for the next snapshot; null keeps what is known.</param>
    /// <param name="cancellation">Ends the wait; then it is unknown whether the events were kept.</param>
    /// <returns>The state with them, durable; it may be in short form.</returns>
    public async Task<SessionState> ChangeAsync(
        SessionKey key,
        Func<SessionState, IReadOnlyList<SessionEvent>> decide,
        SessionPlan? plan,
        CancellationToken cancellation
    )
    {
        // What is at hand is mostly the newest, and an append that succeeds proves it: nothing need be read. Whatever else comes of it is
        // decided on what the store has.
        if (
            _cache.Find(key) is { } known
            && TryDecide(known, decide) is { Stored.Length: > 0 } likely
            && await TryAppendAsync(likely, plan, cancellation).ConfigureAwait(false)
        )
        {
            return likely.After.State;
        }

        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            RecentSession before = await RecentAsync(key, cancellation).ConfigureAwait(false);
            SessionChange change;
            try
            {
                change = Decide(before, decide);
            }
            catch (PastNeededException)
            {
                // Of the same version: the plans and the size are of that one.
                SessionState whole = await LoadAsync(key, before.State.Version, cancellation).ConfigureAwait(false);
                change = Decide(before.With(whole), decide);
            }

            if (change.Stored.Length == 0 || await TryAppendAsync(change, plan, cancellation).ConfigureAwait(false))
            {
                return change.After.State;
            }
        }

        throw new SessionConflictException(0, "others change the session all the time");
    }

    /// <summary>Erases a session's content.</summary>
    /// <returns>False where there is none.</returns>
    public async Task<bool> DeleteAsync(SessionKey key, CancellationToken cancellation = default)
    {
        try
        {
            return await store.DeleteAsync(key, clock.GetUtcNow(), cancellation).ConfigureAwait(false);
        }
        finally
        {
            Forget(key);
        }
    }

    private void Forget(SessionKey key)
    {
        _cache.Forget(key);
        Erased?.Invoke(key);
    }

    private SessionChange Decide(RecentSession before, Func<SessionState, IReadOnlyList<SessionEvent>> decide)
    {
        IReadOnlyList<SessionEvent> events = decide(before.State);
        if (events.Count == 0)
        {
            return new SessionChange(before, []);
        }

        // A clock that was set back does not turn the order of events around.
        DateTimeOffset now = clock.GetUtcNow();
        DateTimeOffset last = before.State.UpdatedAt;
        LoggedEvent[] next = Place(events, before.State.Version, now < last ? last : now);
        StoredEvent[] stored = [.. next.Select(EventBytes.Write)];
        return new SessionChange(before.After(next, Size(stored)), stored);
    }

    private SessionChange? TryDecide(RecentSession before, Func<SessionState, IReadOnlyList<SessionEvent>> decide)
    {
        try
        {
            return Decide(before, decide);
        }
        catch (Exception problem) when (problem is SessionException or PastNeededException)
        {
            return null;
        }
    }

    private async Task<bool> TryAppendAsync(SessionChange change, SessionPlan? plan, CancellationToken cancellation)
    {
        bool isKept = await store
            .AppendAsync(Header(change.After.State), change.Stored, cancellation)
            .ConfigureAwait(false);
        if (isKept)
        {
            await KeepAsync(change.After, plan, cancellation).ConfigureAwait(false);
        }

        return isKept;
    }

    private async Task KeepAsync(RecentSession session, SessionPlan? plan, CancellationToken cancellation)
    {
        if (plan is not null && !session.State.Holds(plan.State.Leading, plan.State.From))
        {
            // A snapshot without plans left out what these plans need.
            SessionState whole = await LoadAsync(session.State.Key, session.State.Version, cancellation)
                .ConfigureAwait(false);
            session = session.With(whole);
        }

        RecentSession? shortened = session.Compress(plan);
        _cache.Put(shortened ?? session);
        if (shortened is not null)
        {
            await (
                compression is null
                    ? store.WriteSnapshotAsync(session.State.Key, StateSnapshot.Of(shortened), cancellation)
                    : compression.AddAsync(shortened)
            ).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<StoredEvent>> StoredAsync(
        SessionKey key,
        long after,
        CancellationToken cancellation
    )
    {
        SessionRead? read = await store.ReadAsync(key, after, cancellation: cancellation).ConfigureAwait(false);
        return read is null or { Header.IsDeleted: true } ? throw new SessionNotFoundException(key.Id) : read.Events;
    }

    private static RecentSession? Begun(SessionKey key, StoredSnapshot? snapshot) =>
        snapshot is null ? new RecentSession(SessionFold.Empty(key)) : StateSnapshot.TryRead(snapshot);

    /// <summary>A session with what has happened since; null where only the whole log can say.</summary>
    private static RecentSession? Fold(RecentSession? session, IReadOnlyList<StoredEvent> events)
    {
        try
        {
            return session?.After([.. events.Select(EventBytes.Read)], Size(events));
        }
        catch (PastNeededException)
        {
            return null;
        }
    }

    private static RecentSession Whole(SessionKey key, IReadOnlyList<StoredEvent> events) =>
        new RecentSession(SessionFold.Empty(key)).After([.. events.Select(EventBytes.Read)], Size(events));

    private static LoggedEvent[] Place(IReadOnlyList<SessionEvent> events, long before, DateTimeOffset at) =>
        [.. events.Select((happened, i) => new LoggedEvent(before + i + 1, at, happened))];

    private static SessionHeader Header(SessionState state) =>
        new(state.Key, state.Version, state.CreatedAt, state.UpdatedAt, state.User, state.Pending);

    private static long Size(IReadOnlyList<StoredEvent> events) =>
        events.Sum(stored => (long)stored.Data.Length + stored.Vector.Length);

    private sealed record SessionChange(RecentSession After, StoredEvent[] Stored);
}
