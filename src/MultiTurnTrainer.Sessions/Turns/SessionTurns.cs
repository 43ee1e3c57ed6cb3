// Folder Turns: the life of a turn, and what else may be done to a session.
// Refuses to know: HTTP, models, how events are kept.
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Turns;

/// <summary>
/// The life of a turn: pending, then committed or interrupted; an interrupted one may be acknowledged, a committed one rolled back or
/// replaced. A session has at most one pending turn. Everything is durable when it returns. Safe for several threads.
/// </summary>
/// <param name="log">The sessions.</param>
/// <param name="budget">What a session may spend.</param>
public sealed class SessionTurns(SessionLog log, SessionBudget budget)
{
    /// <summary>Begins a turn, or finds the one that was begun under the same key.</summary>
    /// <exception cref="SessionConflictException">The version is stale, or another turn is pending.</exception>
    /// <exception cref="IdempotencyMismatchException">The key belongs to another request.</exception>
    /// <exception cref="SessionBudgetException">A ceiling is reached; the log says so too.</exception>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    public async Task<TurnStart> BeginAsync(
        SessionKey session,
        TurnRequest request,
        CancellationToken cancellation = default
    )
    {
        TurnStart? found = null;
        BudgetTripped? tripped = null;
        string id = "";
        bool isRepeated =
            request.IdempotencyKey is { } key && await WasUsedAsync(session, key, cancellation).ConfigureAwait(false);
        SessionState state = await log.ChangeAsync(
                session,
                state =>
                {
                    id = IdOf(state, request);
                    (found, tripped) = (Repeated(state, request, isRepeated), null);
                    if (found is not null)
                    {
                        return [];
                    }

                    RequireFree(state, request.ExpectedVersion);
                    RequireQuestion(state, request.Replaces);
                    tripped = budget.Check(state);
                    SessionEvent[] begun = request.Recalled is { } recalled
                        ? [recalled, Begun(id, request)]
                        : [Begun(id, request)];
                    return tripped is null ? begun
                        : tripped.EscalatesTo is not null ? [tripped, .. begun]
                        : tripped == state.Tripped ? []
                        : [tripped];
                },
                cancellation
            )
            .ConfigureAwait(false);
        return found
            ?? (
                tripped is { EscalatesTo: null }
                    ? throw new SessionBudgetException(tripped.Which, tripped.Spent, tripped.Limit)
                    : new TurnStart(TurnStartKind.Started, state.FindTurn(id)!, state)
            );
    }

    /// <summary>Whether a session has begun a turn under an idempotency key.</summary>
    public async Task<bool> WasUsedAsync(SessionKey session, string key, CancellationToken cancellation = default) =>
        await log
            .Store.FindTurnAsync(session.Tenant, SessionIds.OfKey(session.Id, key), cancellation)
            .ConfigureAwait(false)
            is not null;

    /// <summary>Begins another answer to the question of a turn. Both answers stay in the log; a commit puts this one into its place.</summary>
    /// <exception cref="SessionConflictException">The question is no part of the conversation any more, or a turn is pending.</exception>
    public async Task<TurnStart> RegenerateAsync(
        SessionKey session,
        string turn,
        TurnRequest? request = null,
        CancellationToken cancellation = default
    )
    {
        SessionState state = await log.LoadWithTurnAsync(session, turn, cancellation).ConfigureAwait(false);
        SessionTurn before = Known(state, turn);
        return await BeginAsync(
                session,
                (request ?? new TurnRequest()) with
                {
                    Messages = before.Messages,
                    Participant = before.Participant,
                    Replaces = turn,
                },
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>Puts a better answer in the place of a turn's; what came after it leaves. Both answers stay in the log.</summary>
    /// <param name="session">The session.</param>
    /// <param name="turn">The turn whose answer is edited.</param>
    /// <param name="answer">The assistant's message, a canonical object; the answer that is there already changes nothing.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="SessionConflictException">The question is no part of the conversation any more, or a turn is pending.</exception>
    public Task<SessionState> EditAsync(
        SessionKey session,
        string turn,
        JsonView answer,
        CancellationToken cancellation = default
    ) =>
        log.ChangeAsync(
            session,
            state =>
            {
                RequireFree(state, null);
                RequireQuestion(state, turn);
                return Known(state, turn).Answer is { } there && JsonView.DeepEquals(there, answer)
                    ? []
                    : [new TurnEdited(SessionIds.New(), turn, answer)];
            },
            cancellation
        );

    /// <summary>Keeps what has come of the answer so far.</summary>
    /// <param name="session">The session.</param>
    /// <param name="turn">The pending turn.</param>
    /// <param name="partial">The whole text so far.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<SessionState> CheckpointAsync(
        SessionKey session,
        string turn,
        string partial,
        CancellationToken cancellation = default
    ) =>
        log.ChangeAsync(
            session,
            state =>
                Rest(RequirePending(state, turn), partial) is { Length: > 0 } rest
                    ? [new TurnCheckpointed(turn, rest)]
                    : [],
            cancellation
        );

    /// <summary>Ends a turn with its whole answer; one that has ended so stays as it is.</summary>
    /// <param name="session">The session.</param>
    /// <param name="turn">The pending turn.</param>
    /// <param name="answer">The assistant's message, a canonical object.</param>
    /// <param name="info">How it was made.</param>
    /// <param name="compressed">What the policy did for this call; null where it did nothing.</param>
    /// <param name="plan">Where the plans of the session's prompts stood before the turn; null where nobody has saved them.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<SessionState> CommitAsync(
        SessionKey session,
        string turn,
        JsonView answer,
        CommitInfo info,
        ContextCompressed? compressed = null,
        SessionPlan? plan = null,
        CancellationToken cancellation = default
    ) =>
        log.ChangeAsync(
            session,
            state =>
            {
                if (state.FindTurn(turn) is { Status: TurnStatus.Committed })
                {
                    // It was kept although the store did not say so.
                    return [];
                }

                RequirePending(state, turn);
                TurnCommitted committed = new(turn, answer, info, budget.Price(info));
                return compressed is null ? [committed] : [compressed, committed];
            },
            plan,
            cancellation
        );

    /// <summary>Ends a turn whose answer broke off. What came is kept aside; the conversation is as it was.</summary>
    /// <param name="session">The session.</param>
    /// <param name="turn">The pending turn.</param>
    /// <param name="partial">The whole text that came; null where the last checkpoint is all there is.</param>
    /// <param name="reason"><c>client</c>, <c>upstream</c>, <c>shutdown</c>, …</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<SessionState> InterruptAsync(
        SessionKey session,
        string turn,
        string? partial,
        string reason,
        CancellationToken cancellation = default
    ) =>
        log.ChangeAsync(
            session,
            state =>
            {
                SessionTurn pending = RequirePending(state, turn);
                return [new TurnInterrupted(turn, partial is null ? "" : Rest(pending, partial), reason)];
            },
            cancellation
        );

    /// <summary>Makes what was shown of a broken answer part of the conversation.</summary>
    /// <param name="session">The session.</param>
    /// <param name="turn">The interrupted turn.</param>
    /// <param name="shown">What was shown, a beginning of what came; null for all of it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="SessionConflictException">It was not interrupted, the conversation went on, or something else was shown.</exception>
    public Task<SessionState> AcknowledgeAsync(
        SessionKey session,
        string turn,
        string? shown = null,
        CancellationToken cancellation = default
    ) =>
        log.ChangeAsync(
            session,
            state =>
            {
                SessionTurn broken = Known(state, turn);
                if (broken.Status == TurnStatus.Acknowledged && (shown ?? broken.Partial) == broken.Partial)
                {
                    return [];
                }

                if (!state.CanAcknowledge(broken))
                {
                    throw Conflict(state, "the turn was not interrupted, or the conversation went on after it");
                }

                return broken.Partial.StartsWith(shown ?? "", StringComparison.Ordinal)
                    ? [new TurnAcknowledged(turn, shown ?? broken.Partial)]
                    : throw Conflict(state, "that is not what came of the answer");
            },
            cancellation
        );

    /// <summary>Takes a turn and those after it out of the conversation; the log keeps them.</summary>
    /// <exception cref="SessionConflictException">It is no part of the conversation, or a turn is pending.</exception>
    public Task<SessionState> RollBackAsync(
        SessionKey session,
        string turn,
        CancellationToken cancellation = default
    ) =>
        log.ChangeAsync(
            session,
            state =>
            {
                RequireFree(state, null);
                return Known(state, turn).IsActive
                    ? [new TurnRolledBack(turn)]
                    : throw Conflict(state, "the turn is no part of the conversation");
            },
            cancellation
        );

    /// <summary>
    /// Interrupts the turns that nobody answers any more: those of servers that died, and those whose end could not be written down.
    /// </summary>
    /// <param name="enter">Gives a session to this call alone; null where a turn of it runs here. Without it none runs here.</param>
    /// <param name="cancellation">Stops between two sessions.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="MttException">One of them cannot be read; thrown when all the others are recovered.</exception>
    public async Task<int> RecoverAsync(
        Func<SessionHeader, IDisposable?>? enter = null,
        CancellationToken cancellation = default
    )
    {
        List<SessionHeader> abandoned = await log
            .Store.ListAsync(new SessionQuery { IsAbandoned = true }, cancellation)
            .ToListAsync(cancellation)
            .ConfigureAwait(false);
        int recovered = 0;
        MttException? damaged = null;
        foreach (SessionHeader header in abandoned)
        {
            using IDisposable? alone = enter?.Invoke(header);
            if (enter is null || alone is not null)
            {
                try
                {
                    await RecoverAsync(header, cancellation).ConfigureAwait(false);
                    recovered++;
                }
                catch (MttException problem)
                {
                    // One session that cannot be read is in no other's way.
                    damaged ??= problem;
                }
            }
        }

        return damaged is null ? recovered : throw damaged;
    }

    private Task<SessionState> RecoverAsync(SessionHeader header, CancellationToken cancellation) =>
        log.ChangeAsync(
            header.Key,
            state =>
                state.Pending is { } turn && turn == header.Pending
                    ? [new TurnInterrupted(turn, "", "restart"), new SessionResumed("restart")]
                    : [],
            cancellation
        );

    // The first turn under a key has its id from it: so the store knows whether a key was used, however long ago.
    private static string IdOf(SessionState state, TurnRequest request) =>
        request.IdempotencyKey is { } key && state.FindKey(key) is null
            ? SessionIds.OfKey(state.Id, key)
            : SessionIds.New();

    private static TurnStart? Repeated(SessionState state, TurnRequest request, bool isRepeated)
    {
        if (request.IdempotencyKey is not { } key)
        {
            return null;
        }

        if (state.FindKey(key) is not { } turn)
        {
            return isRepeated && !state.IsWhole ? throw new PastNeededException() : null;
        }

        if (turn.RequestHash != request.RequestHash)
        {
            throw new IdempotencyMismatchException(key);
        }

        return turn.Status switch
        {
            TurnStatus.Pending => new TurnStart(TurnStartKind.Running, turn, state),
            // The answer never came: the same request may be tried again under the same key.
            TurnStatus.Interrupted => null,
            _ => new TurnStart(TurnStartKind.Stored, turn, state),
        };
    }

    private static TurnBegun Begun(string id, TurnRequest request) =>
        new(
            id,
            request.Messages,
            request.IdempotencyKey,
            request.RequestHash,
            request.Participant,
            request.Replaces,
            request.Tools
        );

    private static void RequireFree(SessionState state, long? expected)
    {
        if (expected is { } version && version != state.Version)
        {
            throw Conflict(state, Invariant($"version {version} is stale: the session is at {state.Version}"));
        }

        if (state.Pending is { } pending)
        {
            throw Conflict(state, $"turn {pending} is still being answered");
        }
    }

    private static void RequireQuestion(SessionState state, string? replaced)
    {
        if (replaced is { } turn && !state.CanRegenerate(Known(state, turn)))
        {
            throw Conflict(state, $"the question of turn {turn} is no part of the conversation");
        }
    }

    private static SessionTurn RequirePending(SessionState state, string turn) =>
        state.Pending == turn ? Known(state, turn) : throw Conflict(state, $"turn {turn} is not pending");

    private static SessionTurn Known(SessionState state, string turn) =>
        state.FindTurn(turn) ?? throw (state.IsWhole ? new SessionNotFoundException(turn) : new PastNeededException());

    private static string Rest(SessionTurn pending, string partial) =>
        partial.StartsWith(pending.Partial, StringComparison.Ordinal)
            ? partial[pending.Partial.Length..]
            : throw new ArgumentException("the text does not go on where the last checkpoint ended", nameof(partial));

    private static SessionConflictException Conflict(SessionState state, string message) => new(state.Version, message);
}
