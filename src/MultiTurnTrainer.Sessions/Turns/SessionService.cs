using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Turns;

/// <summary>What may be done to a session apart from its turns. Everything is durable when it returns. Safe for several threads.</summary>
/// <param name="log">The sessions.</param>
public sealed class SessionService(SessionLog log)
{
    private static readonly TimeSpan _contact = TimeSpan.FromDays(1);

    private readonly UserMemory _memory = new(log);

    /// <summary>Begins a session; one that shares its user's memory begins with what that holds.</summary>
    public async Task<SessionState> CreateAsync(
        string tenant,
        SessionCreated created,
        CancellationToken cancellation = default
    )
    {
        IReadOnlyList<SessionEvent> shared = created is { SharesMemory: true, User: { } user }
            ? await _memory.ReadAsync(tenant, user, cancellation).ConfigureAwait(false)
            : [];
        return await log.CreateAsync(tenant, [created, .. shared], cancellation).ConfigureAwait(false);
    }

    /// <summary>Sets or removes a state variable, preference or goal; also for the user's later sessions where this one shares memory.</summary>
    public async Task<SessionState> RememberAsync(
        SessionKey session,
        MemoryChanged changed,
        CancellationToken cancellation = default
    )
    {
        SessionState state = await log.ChangeAsync(session, _ => [changed], cancellation).ConfigureAwait(false);
        if (state is { SharesMemory: true, User: { } user } && changed.Kind != MemoryKind.State)
        {
            await _memory.AddAsync(session.Tenant, user, changed, cancellation).ConfigureAwait(false);
        }

        return state;
    }

    /// <summary>Whether a word can name how a session ended: small letters, digits and underscores, so that it can be a label.</summary>
    public static bool IsOutcome(string word) =>
        word.Length is > 0 and <= 32 && word.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    /// <summary>
    /// Notes how a session ended. It was at first contact where it lasted less than a day, nobody had marked it before, and its user had no
    /// session before it.
    /// </summary>
    public async Task<SessionState> MarkAsync(
        SessionKey session,
        string outcome,
        CancellationToken cancellation = default
    )
    {
        SessionState now = (await log.RecentAsync(session, cancellation).ConfigureAwait(false)).State;
        bool isFirst =
            now.User is not { } user
            || await ListAsync(new SessionQuery { Tenant = session.Tenant, User = user }, cancellation)
                .AllAsync(other => other.Key == session || other.CreatedAt >= now.CreatedAt, cancellation)
                .ConfigureAwait(false);
        return await log.ChangeAsync(
                session,
                state =>
                    [
                        new SessionMarked(
                            outcome,
                            isFirst && state.Outcome is null && state.UpdatedAt - state.CreatedAt < _contact
                        ),
                    ],
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>The headers of sessions, the newest change first.</summary>
    public IAsyncEnumerable<SessionHeader> ListAsync(SessionQuery query, CancellationToken cancellation = default) =>
        log.Store.ListAsync(query, cancellation).Where(header => !UserMemory.IsMemory(header.Id));

    /// <summary>Erases sessions; one of which a copy is left somewhere is in no other's way.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="MttException">The store is away; or all are erased, and copies of some are left where nothing answers.</exception>
    public async Task<int> DeleteAsync(IReadOnlyList<SessionKey> sessions, CancellationToken cancellation = default)
    {
        int erased = 0;
        List<MttException> left = [];
        foreach (SessionKey session in sessions)
        {
            try
            {
                erased += await log.DeleteAsync(session, cancellation).ConfigureAwait(false) ? 1 : 0;
            }
            catch (MttException problem)
            {
                SessionRead? tombstone = await log
                    .Store.ReadAsync(session, long.MaxValue, cancellation: cancellation)
                    .ConfigureAwait(false);
                if (tombstone is not { Header.IsDeleted: true })
                {
                    throw;
                }

                left.Add(problem);
            }
        }

        return left.Count == 0
            ? erased
            : throw new MttException(
                $"{left[0].Message} ({left.Count} of {Counted.Of(sessions.Count, "session")})",
                left[0].Remedy,
                left[0]
            )
            {
                IsPassing = true,
            };
    }

    /// <summary>Erases all sessions of a user and what they share.</summary>
    /// <returns>How many sessions there were.</returns>
    public async Task<int> DeleteUserAsync(string tenant, string user, CancellationToken cancellation = default)
    {
        List<SessionKey> sessions = await ListAsync(new SessionQuery { Tenant = tenant, User = user }, cancellation)
            .Select(header => header.Key)
            .ToListAsync(cancellation)
            .ConfigureAwait(false);
        await DeleteAsync([UserMemory.KeyOf(tenant, user), .. sessions], cancellation).ConfigureAwait(false);
        return sessions.Count;
    }

    /// <summary>Erases what nobody has changed for some time, and makes sure that nothing erased is left in a file.</summary>
    /// <returns>How many sessions there were.</returns>
    public async Task<int> ExpireAsync(TimeSpan age, CancellationToken cancellation = default)
    {
        List<SessionKey> old = await log
            .Store.ListAsync(new SessionQuery { UpdatedBefore = log.Now - age }, cancellation)
            .Select(header => header.Key)
            .ToListAsync(cancellation)
            .ConfigureAwait(false);
        try
        {
            return await DeleteAsync(old, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await log.Store.CompactAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Begins another session with a copy of this one's events up to a version. A turn that is pending there is left out.</summary>
    /// <exception cref="SessionConflictException">There is no such version.</exception>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    public async Task<SessionState> ForkAsync(
        SessionKey session,
        long? version = null,
        CancellationToken cancellation = default
    )
    {
        IReadOnlyList<LoggedEvent> events = await log.EventsAsync(session, 0, cancellation).ConfigureAwait(false);
        long at = version ?? events.Count;
        if (at < 1 || at > events.Count)
        {
            throw new SessionConflictException(events.Count, Invariant($"there is no version {at}"));
        }

        LoggedEvent[] copied =
        [
            .. events.Take((int)at),
            new LoggedEvent(at + 1, events[(int)at - 1].At, new SessionForked(session.Id, at)),
        ];
        return await log.TryCreateAsync(session with { Id = SessionIds.New() }, copied, cancellation)
                .ConfigureAwait(false)
            ?? throw new InvalidOperationException("256 random bits were drawn twice");
    }

    /// <summary>Begins the conversation anew; the log keeps what was.</summary>
    /// <exception cref="SessionConflictException">A turn is pending.</exception>
    public Task<SessionState> ResetAsync(
        SessionKey session,
        bool keepConstraints = true,
        CancellationToken cancellation = default
    ) =>
        log.ChangeAsync(
            session,
            state =>
                state.Pending is null
                    ? [new SessionReset(keepConstraints)]
                    : throw new SessionConflictException(state.Version, $"turn {state.Pending} is pending"),
            cancellation
        );

    /// <summary>Adds a constraint that every later prompt holds.</summary>
    /// <returns>The state; its last constraint is the new one.</returns>
    public Task<SessionState> AddConstraintAsync(
        SessionKey session,
        string text,
        bool isNonNegotiable = false,
        CancellationToken cancellation = default
    ) =>
        log.ChangeAsync(
            session,
            state => [new ConstraintAdded(Invariant($"c{state.Constraints.Count + 1}"), text, isNonNegotiable)],
            cancellation
        );

    /// <summary>Withdraws a constraint.</summary>
    /// <exception cref="SessionNotFoundException">None of this id is in force.</exception>
    public Task<SessionState> WithdrawConstraintAsync(
        SessionKey session,
        string id,
        CancellationToken cancellation = default
    ) =>
        log.ChangeAsync(
            session,
            state =>
                state.Constraints.Exists(constraint => constraint.Id == id && constraint.Until is null)
                    ? [new ConstraintWithdrawn(id)]
                    : throw new SessionNotFoundException(id),
            cancellation
        );

    /// <summary>Gives a session another policy.</summary>
    public Task<SessionState> ChangePolicyAsync(
        SessionKey session,
        PolicyStamp policy,
        CancellationToken cancellation = default
    ) => log.ChangeAsync(session, state => state.Policy == policy ? [] : [new PolicyChanged(policy)], cancellation);
}
