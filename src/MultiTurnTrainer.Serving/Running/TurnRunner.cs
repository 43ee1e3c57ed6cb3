// Folder Running: turns while they are answered: who may begin one, who reads it, what is kept when it ends or breaks off.
// Refuses to know: HTTP, which API a turn came through.
using MultiTurnTrainer.Serving.Chats;
using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Serving.Telemetry;
using MultiTurnTrainer.Serving.Upstreams;

namespace MultiTurnTrainer.Serving.Running;

/// <summary>Answers turns of sessions, one at a time in each.</summary>
internal sealed class TurnRunner(
    SessionLog log,
    SessionTurns turns,
    SessionContexts contexts,
    UpstreamSet upstreams,
    Router router,
    SessionsOptions options,
    TimeProvider time
)
{
    private readonly SessionGates _gates = new();
    private readonly ConcurrentDictionary<(SessionKey, string), (string Hash, LiveTurn Turn)> _byKey = [];
    private readonly ConcurrentDictionary<LiveTurn, Task> _running = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Begins a turn, joins the one that runs under the same key, or finds its answer.</summary>
    /// <exception cref="ApiException">It cannot be begun.</exception>
    /// <exception cref="SessionException">The session cannot follow.</exception>
    /// <exception cref="MttException">No prompt can hold what was said.</exception>
    public async Task<LiveTurn> StartAsync(TurnOrder order, CancellationToken cancellation)
    {
        string hash = order.Hash();
        while (true)
        {
            if (Running(order, hash) is { } running)
            {
                return running;
            }

            (LiveTurn? live, long version) = await TryStartAsync(order, hash, cancellation).ConfigureAwait(false);
            if (live is not null)
            {
                return live;
            }

            // Another server answers a turn of this session, or nobody does and it will be found.
            await log.Store.WaitForChangeAsync(order.Session, version, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Interrupts the turns that neither this nor another living server answers.</summary>
    public Task<int> RecoverAsync(CancellationToken cancellation) =>
        turns.RecoverAsync(header => _gates.TryEnter(header.Key), cancellation);

    /// <summary>Does something to a session while no turn of it runs.</summary>
    public async Task<T> AloneAsync<T>(SessionKey session, Func<Task<T>> change, CancellationToken cancellation)
    {
        using IDisposable gate = await _gates.EnterAsync(session, cancellation).ConfigureAwait(false);
        return await change().ConfigureAwait(false);
    }

    /// <summary>Interrupts what still runs, and waits until that is written down.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Values).ConfigureAwait(false);
    }

    /// <summary>The turn; or the version at which one is pending that does not run here.</summary>
    private async Task<(LiveTurn? Turn, long Version)> TryStartAsync(
        TurnOrder order,
        string hash,
        CancellationToken cancellation
    )
    {
        IDisposable gate = await _gates.EnterAsync(order.Session, cancellation).ConfigureAwait(false);
        bool isPassedOn = false;
        TurnTimes? times = options.Telemetry ? new TurnTimes(time) : null;
        try
        {
            RecentSession session = await LoadAsync(order, cancellation).ConfigureAwait(false);
            if (Stored(session.State, order, hash) is { } stored)
            {
                return (stored, session.State.Version);
            }

            if (session.State.Pending is not null)
            {
                return (null, session.State.Version);
            }

            times?.Mark("load");
            LiveTurn live = await BeginAsync(order, hash, session, times, gate).ConfigureAwait(false);
            isPassedOn = true;
            return (live, session.State.Version);
        }
        catch (SessionConflictException conflict) when (order is { ExpectedVersion: null, Replaces: null })
        {
            // Another server was quicker; this turn comes after its.
            return (null, conflict.CurrentVersion);
        }
        finally
        {
            if (!isPassedOn)
            {
                times?.Dispose();
                gate.Dispose();
            }
        }
    }

    /// <summary>The session, whole only where the order is about what lies far back.</summary>
    private async Task<RecentSession> LoadAsync(TurnOrder order, CancellationToken cancellation)
    {
        RecentSession session = await log.RecentAsync(order.Session, cancellation).ConfigureAwait(false);
        SessionState state = session.State;
        bool needsAll =
            !state.IsWhole
            && (
                NewMessages.MayRepeat(state, order.Body.Messages)
                || (order.Replaces is { } replaced && state.FindTurn(replaced) is null)
                || (
                    order.Key is { } key
                    && state.FindKey(key) is null
                    && await turns.WasUsedAsync(order.Session, key, cancellation).ConfigureAwait(false)
                )
            );
        return needsAll
            ? session with
            {
                State = await log.LoadAsync(order.Session, state.Version, cancellation).ConfigureAwait(false),
            }
            : session;
    }

    private LiveTurn? Running(TurnOrder order, string hash)
    {
        if (order.Key is not { } key || !_byKey.TryGetValue((order.Session, key), out var known))
        {
            return null;
        }

        return known.Hash == hash ? known.Turn : throw new IdempotencyMismatchException(key);
    }

    private static LiveTurn? Stored(SessionState state, TurnOrder order, string hash)
    {
        if (
            order.Key is not { } key
            || state.FindKey(key) is not { } turn
            || turn.Status is TurnStatus.Pending or TurnStatus.Interrupted
        )
        {
            return null;
        }

        return turn.RequestHash == hash
            ? StoredAnswer.Replay(state, turn)
            : throw new IdempotencyMismatchException(key);
    }

    private async Task<LiveTurn> BeginAsync(
        TurnOrder order,
        string hash,
        RecentSession session,
        TurnTimes? times,
        IDisposable gate
    )
    {
        SessionState state = session.State;
        SessionTurn? before = order.Replaces is { } replaced
            ? state.FindTurn(replaced) ?? throw new SessionNotFoundException(replaced)
            : null;
        IReadOnlyList<JsonView> added = before?.Messages ?? NewMessages.Of(state, order.Body.Messages);
        JsonView? tools = order.Body.Tools is { Count: > 0 } list ? JsonText.ToView(list) : null;
        bool isOwn = tools is null || (state.Tools is { } known && JsonView.DeepEquals(known, tools.Value));
        ExchangesRecalled? recalled = before is null
            ? await contexts.RecallAsync(state, added, CancellationToken.None).ConfigureAwait(false)
            : null;
        (PromptContext prompts, SessionPlan? plan, int made) = await contexts
            .OpenAsync(
                session,
                added.Count,
                isOwn ? null : tools,
                before?.First,
                recalled,
                true,
                CancellationToken.None
            )
            .ConfigureAwait(false);
        made += await AppendAsync(order.Session, prompts, added).ConfigureAwait(false);
        AssembledContext context = null!;
        made += await contexts
            .DoAsync(order.Session, prompts, () => context = prompts.Assemble(), CancellationToken.None)
            .ConfigureAwait(false);
        times?.Mark("assemble");
        IUpstream upstream = upstreams.Find(state.EscalatedTo ?? router.Choose(order.Body, context) ?? state.Model);
        TurnRequest request = new()
        {
            Messages = added,
            IdempotencyKey = order.Key,
            RequestHash = hash,
            // What models made for this prompt is in the log by now, and no reason for a conflict.
            ExpectedVersion = order.ExpectedVersion + (order.ExpectedVersion == state.Version ? made : 0),
            Participant = order.Participant ?? before?.Participant,
            Tools = isOwn ? null : tools,
            Replaces = order.Replaces,
            Recalled = recalled,
        };
        // From here on the turn is written down, whether the client waits or not.
        TurnStart start = order.Replaces is { } turn
            ? await turns.RegenerateAsync(order.Session, turn, request).ConfigureAwait(false)
            : await turns.BeginAsync(order.Session, request).ConfigureAwait(false);
        upstream = start.State.EscalatedTo is { } escalated ? upstreams.Find(escalated) : upstream;
        times?.Mark("begin");
        LiveTurn live = new(start.State, start.Turn, upstream.Model, context) { Times = times };
        Launch(order, hash, new TurnRun(turns, contexts, live, prompts, plan, upstream, options, time), live, gate);
        return live;
    }

    /// <returns>Events of artefacts that models made for it.</returns>
    private async Task<int> AppendAsync(SessionKey session, PromptContext prompts, IReadOnlyList<JsonView> added)
    {
        int made = 0;
        foreach (JsonView message in added)
        {
            made += await contexts
                .DoAsync(session, prompts, () => prompts.Append(message), CancellationToken.None)
                .ConfigureAwait(false);
        }

        return made;
    }

    /// <summary>Lets a turn run to its end beside the request that began it.</summary>
    private void Launch(TurnOrder order, string hash, TurnRun run, LiveTurn live, IDisposable gate)
    {
        if (order.Key is { } key)
        {
            _byKey[(order.Session, key)] = (hash, live);
        }

        TaskCompletionSource ended = new();
        _running[live] = ended.Task;
        _ = Task.Run(async () =>
        {
            try
            {
                if (await run.RunAsync(order, _stop.Token).ConfigureAwait(false) is { } state && run.Plan is null)
                {
                    contexts.Keep(state, run.Prompts);
                }
            }
            finally
            {
                if (order.Key is { } used)
                {
                    _byKey.TryRemove((order.Session, used), out _);
                }

                gate.Dispose();
                _running.TryRemove(live, out _);
                ended.SetResult();
            }
        });
    }
}
