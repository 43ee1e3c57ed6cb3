using MultiTurnTrainer.Agents.Messages;

namespace MultiTurnTrainer.Agents;

/// <summary>
/// Keeps an agent's conversations in a session store and gives each call the prompt that a policy plans of it. The log holds everything
/// that was said, word for word; what a prompt leaves out is never lost. A call is a turn: begun before the model is asked, committed
/// with its answer, interrupted where it failed; so <c>mtt sessions</c> reads, replays and exports what agents did. With
/// <see cref="ChatClientAgentOptions.RequirePerServiceCallChatHistoryPersistence"/> each call between tools is planned anew; without it
/// the calls after the first of a run see the run's own messages unplanned.
/// </summary>
public sealed class SessionHistoryProvider : ChatHistoryProvider
{
    private readonly SessionLog _log;
    private readonly SessionService _sessions;
    private readonly SessionTurns _turns;
    private readonly AgentPolicy _policy;
    private readonly SessionHistoryOptions _options;

    // Runs whose turn a later run on the same agent session has ended, with that turn.
    private readonly ConditionalWeakTable<AgentRunContext, string> _displaced = [];
    private readonly ProviderSessionState<Place> _place = new(_ => new Place(), "mtt.session");

    /// <summary>Keeps conversations.</summary>
    /// <param name="store">Keeps the events; disposed by its owner.</param>
    /// <param name="policy">Plans the prompts.</param>
    /// <param name="options">Whose conversations they are; null for defaults.</param>
    public SessionHistoryProvider(ISessionStore store, AgentPolicy policy, SessionHistoryOptions? options = null)
        : base(null, null, null)
    {
        (_policy, _options) = (policy, options ?? new SessionHistoryOptions());
        _log = new SessionLog(store, _options.Clock);
        _sessions = new SessionService(_log);
        _turns = new SessionTurns(_log, _options.Budget);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateKeys => [_place.StateKey];

    /// <summary>
    /// Interrupts the turns of the store that nobody answers any more, as after a kill; to be called at the start of a process, before
    /// its first run: a session with such a turn takes no other.
    /// </summary>
    /// <returns>How many there were.</returns>
    public Task<int> RecoverAsync(CancellationToken cancellation = default) =>
        _turns.RecoverAsync(cancellation: cancellation);

    /// <summary>The session that an agent's session is kept as; null before its first call.</summary>
    public string? SessionIdOf(AgentSession session) => _place.GetOrInitializeState(session).Session;

    /// <summary>Goes on with a session of the store.</summary>
    public void Attach(AgentSession session, string sessionId) =>
        _place.SaveState(session, new Place { Session = sessionId });

    /// <inheritdoc/>
    protected override async ValueTask<IEnumerable<ChatMessage>> InvokingCoreAsync(
        InvokingContext context,
        CancellationToken cancellationToken = default
    )
    {
        ChatMessage[] asked = [.. context.RequestMessages];
        Place place = _place.GetOrInitializeState(context.Session);
        SessionKey key = await OpenAsync(place, cancellationToken).ConfigureAwait(false);
        TurnRequest request = new() { Messages = Canonical(asked), Tools = _policy.Tools };
        // From here on the turn is written down, whether the caller waits or not.
        TurnStart start = await _turns.BeginAsync(key, request, CancellationToken.None).ConfigureAwait(false);
        (place.Turn, place.Run) = (start.Turn.Id, AIAgent.CurrentRunContext);
        try
        {
            return await PlanAsync(key, start.Turn, asked, place, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception problem)
        {
            // The framework tells nobody of a call that was not made.
            string reason = problem is OperationCanceledException ? "client" : "no_prompt";
            await InterruptAsync(key, place, reason).ConfigureAwait(false);
            throw;
        }
        finally
        {
            _place.SaveState(context.Session, place);
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask InvokedCoreAsync(
        InvokedContext context,
        CancellationToken cancellationToken = default
    )
    {
        if (AIAgent.CurrentRunContext is { } run && _displaced.Remove(run))
        {
            if (context.InvokeException is null)
            {
                throw new MttException(
                    "the agent session was asked again before this answer came: the log does not have it",
                    "Wait for a run to end before the next on the same agent session, or give each its own session."
                );
            }

            return;
        }

        Place place = _place.GetOrInitializeState(context.Session);
        if (place is not { Session: { } session, Turn: not null })
        {
            return;
        }

        // What came is written down, whether the caller waits or not.
        SessionKey key = new(_options.Tenant, session);
        List<JsonView> said = [];
        foreach (JsonView message in Canonical(context.ResponseMessages ?? []))
        {
            if (message.GetString("role") != "assistant")
            {
                said.Add(message);
                continue;
            }

            if (said.Count > 0 && place.Turn is not null)
            {
                throw await RefuseAsync(key, place, context.Session).ConfigureAwait(false);
            }

            await BeginNextAsync(key, place, said).ConfigureAwait(false);
            said.Clear();
            CommitInfo info = new() { PromptHash = place.PromptHash, PromptIds = place.PromptIds };
            await _turns
                .CommitAsync(key, place.Turn!, message, info, cancellation: CancellationToken.None)
                .ConfigureAwait(false);
            (place.Turn, place.PromptHash, place.PromptIds) = (null, null, null);
        }

        if (said.Count > 0 || place.Turn is not null)
        {
            await BeginNextAsync(key, place, said).ConfigureAwait(false);
            await InterruptAsync(key, place, ReasonOf(context.InvokeException)).ConfigureAwait(false);
        }

        _place.SaveState(context.Session, place);
    }

    private static string ReasonOf(Exception? problem) =>
        problem switch
        {
            null => "no_answer",
            OperationCanceledException => "client",
            _ => "upstream",
        };

    /// <summary>Ends a turn whose answer waits behind a tool's result, as approvals do.</summary>
    private async Task<MttException> RefuseAsync(SessionKey key, Place place, AgentSession? session)
    {
        await InterruptAsync(key, place, "no_answer").ConfigureAwait(false);
        _place.SaveState(session, place);
        return new MttException(
            "a tool's result came before the answer to what was asked: the log does not have this run",
            "Let tools run without approval: a call that waits for one is not kept."
        );
    }

    private async Task<IEnumerable<ChatMessage>> PlanAsync(
        SessionKey key,
        SessionTurn turn,
        ChatMessage[] asked,
        Place place,
        CancellationToken cancellation
    )
    {
        SessionState state = await _log.LoadAsync(key, cancellation).ConfigureAwait(false);
        SessionMessage[] before = [.. state.Messages.Take(turn.First)];
        ChatRecord record = new([.. before.Select(message => ChatMessageReader.Read(message.Json)), .. asked]);
        SessionState whole = state with { Messages = [.. state.Before(turn)] };
        ContextAssembler assembler = _policy.Plan(record, SessionRow.Of(whole));
        AssembledPrompt prompt = assembler.Next();
        place.PromptHash = ContentHash.Of(prompt.Json.RawUtf8);
        place.PromptIds = _policy.Model.Model is null ? null : assembler.Ids();
        return record.Prompt(prompt.Messages).Select(message => message.Message);
    }

    private async Task<SessionKey> OpenAsync(Place place, CancellationToken cancellation)
    {
        if (place.Session is { } known)
        {
            SessionKey key = new(_options.Tenant, known);
            SessionState now = (await _log.RecentAsync(key, cancellation).ConfigureAwait(false)).State;
            if (place.Turn is { } left && now.Pending == left)
            {
                // The call before ended without a word, or still waits: its answer is then none to this turn.
                if (place.Run is { } run && !ReferenceEquals(run, AIAgent.CurrentRunContext))
                {
                    _displaced.AddOrUpdate(run, left);
                }

                await _turns.InterruptAsync(key, left, null, "restart", cancellation).ConfigureAwait(false);
            }

            return key;
        }

        List<JsonView> opening = _options.Instructions is { } text
            ? [.. Canonical([new ChatMessage(ChatRole.System, text)])]
            : [];
        SessionState created = await _sessions
            .CreateAsync(
                _options.Tenant,
                new SessionCreated(
                    opening,
                    _policy.Tools,
                    Policy: PolicyStamp.Of(_policy.Model.Policy),
                    User: _options.User
                ),
                cancellation
            )
            .ConfigureAwait(false);
        place.Session = created.Id;
        return created.Key;
    }

    // A run with tools has several answers: each but the first answers what the tools said.
    private async Task BeginNextAsync(SessionKey key, Place place, List<JsonView> said)
    {
        if (place.Turn is null)
        {
            TurnRequest request = new() { Messages = [.. said] };
            place.Turn = (await _turns.BeginAsync(key, request).ConfigureAwait(false)).Turn.Id;
        }
    }

    private async Task InterruptAsync(SessionKey key, Place place, string reason)
    {
        await _turns.InterruptAsync(key, place.Turn!, null, reason).ConfigureAwait(false);
        (place.Turn, place.PromptHash, place.PromptIds) = (null, null, null);
    }

    private static JsonView[] Canonical(IEnumerable<ChatMessage> messages) =>
        [.. messages.SelectMany(ChatPart.Of).Select(part => JsonText.ToView(part.Json))];

    /// <summary>What an agent's session knows of its session in the store.</summary>
    internal sealed class Place
    {
        public string? Session { get; set; }

        public string? Turn { get; set; }

        public string? PromptHash { get; set; }

        public int[]? PromptIds { get; set; }

        /// <summary>The run that the turn is of; not serialised.</summary>
        internal AgentRunContext? Run { get; set; }
    }
}
