using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.Contexts;

/// <summary>
/// The prompts of sessions. What was planned for a session's newest version goes on from there, else from the plans that were saved with
/// its snapshot; anything else is planned anew from the record, which gives the same prompt. Safe for several threads; a session is used
/// by one at a time.
/// </summary>
/// <param name="log">The sessions.</param>
/// <param name="policy">The policy.</param>
/// <param name="artefacts">Makes what the policy asks of models; null where nobody can.</param>
/// <param name="time">The clock.</param>
internal sealed class SessionContexts(
    SessionLog log,
    ServedPolicy policy,
    ServedArtefacts? artefacts,
    TimeProvider time
)
{
    private const int MostKept = 4096;
    private const long MostCharacters = 16 << 20;
    private readonly UserExchanges _exchanges = new(log);
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, LinkedListNode<Kept>> _byId = [];
    private readonly LinkedList<Kept> _kept = [];
    private long _characters;

    /// <summary>What the next turn finds in its user's other sessions; null where the policy does not look, or it changes nothing.</summary>
    /// <param name="session">The session before the turn.</param>
    /// <param name="added">The turn's messages.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<ExchangesRecalled?> RecallAsync(
        SessionState session,
        IReadOnlyList<JsonView> added,
        CancellationToken cancellation
    ) =>
        policy.Policy.Retrieval is { OtherSessions: true } retrieval
            ? await _exchanges.FindAsync(session, retrieval, added, cancellation).ConfigureAwait(false)
            : null;

    /// <summary>The prompts of a session, its record in them.</summary>
    /// <param name="session">The session.</param>
    /// <param name="added">How many messages are about to be added.</param>
    /// <param name="tools">The tools of this call; null takes the session's.</param>
    /// <param name="until">How many messages of the record come before the new ones; null for all.</param>
    /// <param name="recalled">What the new turn found in other sessions.</param>
    /// <param name="asks">Whether models are asked for what is missing; otherwise it counts as absent.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The prompts, their plans where a snapshot should keep them, and how many events were added to the session.</returns>
    /// <exception cref="MttException">What may not leave a prompt is longer than the budget.</exception>
    public async Task<(PromptContext Prompts, SessionPlan? Plan, int Made)> OpenAsync(
        RecentSession session,
        int added,
        JsonView? tools,
        int? until,
        ExchangesRecalled? recalled,
        bool asks,
        CancellationToken cancellation
    )
    {
        JsonView? declared = tools ?? session.State.Tools;
        string key = policy.PlanKey(declared);
        PromptContext? prompts = until is null && tools is null && recalled is null ? Take(session.State) : null;
        int made = 0;
        if (prompts is null)
        {
            (prompts, made) = await RebuildAsync(session, key, declared, added, until, recalled, asks, cancellation)
                .ConfigureAwait(false);
        }

        return (prompts, session.IsSnapshotNear ? prompts.Save(key) : null, made);
    }

    /// <summary>
    /// The prompt of a session as it was at some version: of a turn that is pending there, the one it is answered from; else the one
    /// that the next would begin with.
    /// </summary>
    /// <param name="state">The session at that version, whole.</param>
    /// <exception cref="MttException">What may not leave a prompt is longer than the budget.</exception>
    public AssembledContext AsOf(SessionState state)
    {
        SessionState asked = state.Pending is { } pending
            ? state with
            {
                Messages = [.. state.Before(state.FindTurn(pending)!)],
            }
            : state;
        PromptContext prompts = Begin(asked, null, asked.Tools, 0, asked.MessageCount);
        for (int place = prompts.Count; place < asked.MessageCount; place++)
        {
            Append(prompts, asked, place);
        }

        return prompts.Assemble();
    }

    /// <summary>Does something with a session's prompts; what models have to make for it first is made, and kept in the session's log.</summary>
    /// <param name="session">The session.</param>
    /// <param name="prompts">Its prompts.</param>
    /// <param name="action">What to do; done again where something had to be made.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The events that were added to the session.</returns>
    public async Task<int> DoAsync(
        SessionKey session,
        PromptContext prompts,
        Action action,
        CancellationToken cancellation
    )
    {
        if (artefacts is not null)
        {
            return await artefacts.DoAsync(log, session, prompts, action, cancellation).ConfigureAwait(false);
        }

        action();
        return 0;
    }

    /// <summary>The prompt of the next answer, as far as it is known before its question is.</summary>
    /// <exception cref="MttException">What may not leave a prompt is longer than the budget.</exception>
    public async Task<AssembledContext> NextAsync(RecentSession session, CancellationToken cancellation)
    {
        // An empty question stands for the next where something counts from that one on.
        bool isAsked = CountsFromNext(session.State) && !AwaitsResults(session.State);
        (PromptContext prompts, _, _) = await OpenAsync(session, isAsked ? 1 : 0, null, null, null, false, cancellation)
            .ConfigureAwait(false);
        if (isAsked)
        {
            prompts.Append(JsonText.ToView(new JsonFields { ["role"] = "user", ["content"] = "" }));
        }

        prompts.AskNobody();
        return prompts.Assemble();
    }

    /// <summary>Keeps what a turn ended with, for the next.</summary>
    /// <param name="state">The session with the turn.</param>
    /// <param name="prompts">Its prompts, the answer appended.</param>
    public void Keep(SessionState state, PromptContext prompts)
    {
        if (prompts.Count != state.MessageCount)
        {
            return;
        }

        lock (_lock)
        {
            Remove(state.Key);
            Kept kept = new(state.Key, state.Version, prompts);
            _byId[state.Key] = _kept.AddFirst(kept);
            _characters += prompts.Size;
            while (_kept.Count > MostKept || (_characters > MostCharacters && _kept.Count > 1))
            {
                Remove(_kept.Last!.Value.Session);
            }
        }
    }

    /// <summary>Forgets a session.</summary>
    public void Forget(SessionKey session)
    {
        lock (_lock)
        {
            Remove(session);
        }
    }

    private bool CountsFromNext(SessionState state)
    {
        int next = state.NextTurnNumber;
        return state.Constraints.Exists(constraint => constraint.From == next || constraint.Until == next)
            || state.Memory.Exists(entry => entry.Turn == next)
            || (state.MessageCount > 0 && WasPaused(state));
    }

    // What comes next are the results of tools, and no question.
    private static bool AwaitsResults(SessionState state) =>
        state.MessageCount > 0
        && state.MessageAt(state.MessageCount - 1).Json.TryGetProperty("tool_calls", out JsonView calls)
        && calls is { Kind: JsonKind.Array };

    private PromptContext? Take(SessionState state)
    {
        lock (_lock)
        {
            // A context is changed by going on with it: whoever takes it has it alone.
            Kept? kept = Remove(state.Key);
            return kept is not null && kept.Version == state.Version && !WasPaused(state) ? kept.Prompts : null;
        }
    }

    // The times of messages are part of what is planned from.
    private bool WasPaused(SessionState state) =>
        policy.Policy.Session.RefreshAfterDays is var days
        && days > 0
        && (time.GetUtcNow() - state.UpdatedAt).TotalDays >= days;

    private async Task<(PromptContext Prompts, int Made)> RebuildAsync(
        RecentSession session,
        string key,
        JsonView? tools,
        int added,
        int? until,
        ExchangesRecalled? recalled,
        bool asks,
        CancellationToken cancellation
    )
    {
        SessionState state = session.State;
        int end = until ?? state.MessageCount;
        SessionPlan? plan = session.Plan?.Key == key && session.Plan.State.Count <= end ? session.Plan : null;
        if (!state.IsWhole && (plan is null || !state.Holds(plan.State.Leading, plan.State.From)))
        {
            state = await log.LoadAsync(state.Key, state.Version, cancellation).ConfigureAwait(false);
        }

        PromptContext prompts = Begin(recalled is null ? state : state.With(recalled), plan, tools, added, end);
        if (!asks)
        {
            prompts.AskNobody();
        }

        int made = 0;
        for (int place = prompts.Count; place < end; place++)
        {
            int at = place;
            made += await DoAsync(state.Key, prompts, () => Append(prompts, state, at), cancellation)
                .ConfigureAwait(false);
        }

        return (prompts, made);
    }

    private PromptContext Begin(SessionState state, SessionPlan? plan, JsonView? tools, int added, int end) =>
        policy.Open(SessionRow.Source(state, plan?.State, tools, end, added, time.GetUtcNow()), plan);

    private static void Append(PromptContext prompts, SessionState state, int place)
    {
        SessionMessage message = state.MessageAt(place);
        if (
            SessionRoles.IsAssistant(message.Json)
            && message.Turn is { } turn
            && state.FindTurn(turn)?.Info is { } info
        )
        {
            prompts.Correct((int)info.PromptTokens);
        }

        prompts.Append(message.Json);
    }

    private Kept? Remove(SessionKey session)
    {
        if (!_byId.Remove(session, out LinkedListNode<Kept>? node))
        {
            return null;
        }

        _kept.Remove(node);
        _characters -= node.Value.Prompts.Size;
        return node.Value;
    }

    private sealed record Kept(SessionKey Session, long Version, PromptContext Prompts);
}

/// <summary>Roles of canonical messages.</summary>
internal static class SessionRoles
{
    public static bool IsAssistant(JsonView message) => Of(message) == "assistant";

    public static string? Of(JsonView message) =>
        message.TryGetProperty("role", out JsonView role) && role.Kind == JsonKind.String ? role.GetString() : null;
}
