// Folder Planning: which items the prompt of a call holds, incrementally, and what is left out and why.
// Refuses to know: clocks, chance, networks, token ids, how a template prints.
using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>
/// Plans the prompts of one conversation as it grows. A plan is a function of policy, record and counter alone: a new
/// session that is given the same messages gives the same plan, whichever plans were asked for before. Not for several
/// threads.
/// </summary>
public sealed class ContextSession
{
    private readonly ContextPolicy _policy;
    private readonly ContextInputs _inputs;
    private readonly ITokenCounter _counter;
    private readonly TailList<Message> _record;
    private readonly PlanState? _base;
    private readonly Dictionary<int, int> _refits = [];
    private readonly Dictionary<int, int> _corrections = [];
    private readonly List<AppliedStep> _applied = [];
    private readonly List<Notice> _notices = [];
    private readonly int _window;
    private readonly int _budget;
    private MessageLog _log;
    private PromptLayout _layout;
    private StepRunner _steps;
    private ContextPlan? _plan;
    private int _turnSeen;

    /// <summary>Begins a conversation.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="inputs">What the conversation has beside its messages.</param>
    /// <param name="counter">Counts tokens.</param>
    /// <param name="window">The tokens the model takes, answer included.</param>
    public ContextSession(ContextPolicy policy, ContextInputs inputs, ITokenCounter counter, int window)
    {
        (_policy, _inputs, _counter) = (policy, inputs, counter);
        (_window, _budget) = (window, policy.BudgetOf(window));
        _record = new TailList<Message>();
        Begin();
    }

    /// <summary>Goes on with a conversation from where its plans stood: every later plan is the one that it would have had.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="inputs">What the conversation has beside its messages.</param>
    /// <param name="counter">Counts tokens.</param>
    /// <param name="window">The tokens the model takes, answer included.</param>
    /// <param name="state">What <see cref="Save"/> gave for the same policy, counter and window.</param>
    /// <param name="messages">The first <see cref="PlanState.Leading"/> messages, then those from <see cref="PlanState.From"/> on.</param>
    public ContextSession(
        ContextPolicy policy,
        ContextInputs inputs,
        ITokenCounter counter,
        int window,
        PlanState state,
        IEnumerable<Message> messages
    )
    {
        (_policy, _inputs, _counter) = (policy, inputs, counter);
        (_window, _budget) = (window, policy.BudgetOf(window));
        Message[] all = [.. messages];
        _base = state;
        _record = new TailList<Message>(all[..state.Leading], state.From);
        foreach (Message message in all[state.Leading..])
        {
            _record.Add(message);
        }

        Begin();
    }

    /// <summary>Messages so far.</summary>
    public int Count => _record.Count;

    /// <summary>Adds the next message of the record.</summary>
    /// <exception cref="MttException">It belongs to no group, or the call before it could not be planned.</exception>
    public void Append(Message message)
    {
        if (message.Role == Role.Assistant)
        {
            // Whether somebody asked for this answer's plan must not change the plans that follow.
            Plan();
        }
        else if (_plan is not null)
        {
            // A plan was asked for and no answer came: the record never had that call, so its effects are undone.
            _refits.Remove(Count);
            _corrections.Remove(Count);
            Replay();
        }

        Take(message);
        _record.Add(message);
    }

    /// <summary>The prompt of the answer that comes next.</summary>
    /// <exception cref="MttException">What may not leave a prompt is longer than the budget.</exception>
    public ContextPlan Plan()
    {
        if (_plan is not null)
        {
            return _plan;
        }

        using Activity? span = ContextTelemetry.Source.StartActivity("context.assemble");
        _applied.Clear();
        _notices.Clear();
        _layout.Desk.Uses.Clear();
        Whole(Advance);
        _plan = Build();
        Observe(_plan, span);
        return _plan;
    }

    /// <summary>
    /// The plan again, now that the real prompt was counted: where it is over the budget, what the parts did not show
    /// counts from here on and more leaves.
    /// </summary>
    /// <param name="tokens">Tokens of the real prompt.</param>
    /// <exception cref="MttException">What may not leave a prompt is longer than the budget.</exception>
    public ContextPlan Refit(int tokens)
    {
        ContextPlan plan = Plan();
        int surplus = tokens - (_layout.Total - _layout.Surplus);
        if (_policy.Overflow == OverflowMode.Allow || tokens <= _budget || surplus <= _layout.Surplus)
        {
            return plan;
        }

        _refits[Count] = surplus;
        _layout.Surplus = surplus;
        Whole(Fit);
        return _plan = Build();
    }

    /// <summary>Takes over what a server counted for the newest plan: estimates are moved by the difference.</summary>
    /// <param name="tokens">The prompt tokens of its <c>usage</c>.</param>
    public void Correct(int tokens)
    {
        if (_plan is not null)
        {
            _layout.Surplus += tokens - _plan.Parts.Prompt;
            _corrections[Count] = _layout.Surplus;
        }
    }

    /// <summary>Where the plans stand, to go on from there later; null except after an answer.</summary>
    public PlanState? Save() =>
        _plan is null && Count > 0 && _record[Count - 1].Role == Role.Assistant && CanBeSaved
            ? _layout.Save(_turnSeen)
            : null;

    // What may come back is the whole record, which a state leaves out.
    private bool CanBeSaved => _policy.Retrieval is null;

    [MemberNotNull(nameof(_log), nameof(_layout), nameof(_steps))]
    private void Begin()
    {
        _log = new MessageLog(_counter);
        _layout = new PromptLayout(_policy, _inputs, _counter, _log);
        _steps = new StepRunner(_policy, _layout, _log, _budget);
        _turnSeen = -1;
        _plan = null;
        if (_base is not null)
        {
            _log.Restore(_base, _record);
            _layout.Restore(_base);
            _turnSeen = _base.Turn;
        }
    }

    /// <summary>Does a part of a plan whole or not at all: without something that a model has to make first, the plans stand where they stood.</summary>
    private void Whole(Action part)
    {
        try
        {
            part();
        }
        catch (ArtefactMissingException)
        {
            _refits.Remove(Count);
            Replay();
            throw;
        }
    }

    private void Take(Message message)
    {
        _layout.Added(_log.Append(message));
        _plan = null;
    }

    private void Replay()
    {
        Begin();
        for (int i = _base?.Count ?? 0; i < _record.Count; i++)
        {
            Message message = _record[i];
            if (message.Role == Role.Assistant)
            {
                Advance();
                Measured();
            }

            Take(message);
        }
    }

    /// <summary>What was measured of real prompts when this call was planned first.</summary>
    private void Measured()
    {
        if (_refits.TryGetValue(_log.Entries.Count, out int surplus))
        {
            _layout.Surplus = surplus;
            Fit();
        }

        if (_corrections.TryGetValue(_log.Entries.Count, out int corrected))
        {
            _layout.Surplus = corrected;
        }
    }

    private void Advance()
    {
        int turn = Math.Max(0, _log.Turns.Count - 1);
        _layout.WriteBlock(turn);
        if (_log.Turns.Count == 0)
        {
            Fit();
            return;
        }

        bool opens = turn != _turnSeen;
        if (opens)
        {
            _turnSeen = turn;
            OpenTurn(turn);
        }

        int limit = _policy.History.Turns;
        if (limit > 0 && _layout.Turns > limit)
        {
            int first = _layout.FirstTurn;
            while (turn + 1 - first > limit)
            {
                first += _policy.History.Bite;
            }

            Leave(Math.Min(first, turn), $"the window holds {limit} turns");
        }

        _applied.AddRange(_steps.Run(turn, _notices));
        if (opens)
        {
            Retrieve();
        }

        Fit();
    }

    // Once a turn, when what leaves has left: later calls of the turn go on from this prompt.
    private void Retrieve()
    {
        int before = _layout.Total;
        int room = _policy.Overflow == OverflowMode.Allow ? int.MaxValue : _budget - before;
        (int found, int tooLong) = _layout.Retrieve(room);
        if (found + tooLong > 0)
        {
            string rest = tooLong == 0 ? "" : Invariant($", {tooLong} more that fit are too long");
            _applied.Add(
                new AppliedStep(-1, $"{Counted.Of(found, "past exchange")} came back{rest}", before, _layout.Total)
            );
        }
    }

    private void OpenTurn(int turn)
    {
        SessionPolicy session = _policy.Session;
        if (turn + 1 == session.OfferResetAfter)
        {
            _notices.Add(
                new("offer-reset", "This conversation has become long; starting a new one would make answers better.")
            );
        }

        int before = _layout.Total;
        if (_layout.ClearChunks() is > 0 and int cleared)
        {
            string what =
                $"{Counted.Of(cleared, "result")} of earlier turns became {(cleared == 1 ? "a placeholder" : "placeholders")}";
            _applied.Add(new AppliedStep(-1, what, before, _layout.Total));
        }

        int first = _log.Turns[turn].First;
        if (session.RefreshAfterDays > 0 && Pause(first) is { } days && days >= session.RefreshAfterDays)
        {
            string pause = Invariant($"{days:0} days");
            Leave(turn, $"the conversation was resumed after {pause}");
            _notices.Add(new("resumed", $"Resumed after {pause}: what was said before is summarised."));
        }

        if (session.SplitSubtasks && turn >= 2 && Confirms(_log.Turns[turn - 1]))
        {
            Leave(turn, "the user confirmed that the sub-task before is finished");
        }
    }

    private double? Pause(int message) =>
        _inputs.TimeOf(message) is { } now && _inputs.TimeOf(message - 1) is { } before
            ? (now - before).TotalDays
            : null;

    private bool Confirms(TurnSpan turn)
    {
        Entry user = _log.Entries[turn.First];
        return user.Message.Role == Role.User
            && TurnRules.Whole(TurnRules.Classify(user.Message.Content ?? "")) == TurnClass.Acknowledgement;
    }

    private void Leave(int first, string reason)
    {
        if (first <= _layout.FirstTurn)
        {
            return;
        }

        int before = _layout.Total;
        _layout.Drop(first, reason);
        _layout.WriteSummary(_log.Turns.Count - 1);
        _applied.Add(new AppliedStep(-1, reason, before, _layout.Total));
    }

    private void Fit()
    {
        if (_policy.Overflow == OverflowMode.Allow || _layout.Total <= _budget)
        {
            return;
        }

        int before = _layout.Total;
        if (_log.Turns.Count > 0 && _layout.DropRetrieved())
        {
            _applied.Add(new AppliedStep(-1, "what had come back went again", before, _layout.Total));
            Fit();
            return;
        }

        _steps.Fit(Math.Max(0, _log.Turns.Count - 1));
        if (_layout.Total > _budget)
        {
            throw TooLong();
        }

        _applied.Add(new AppliedStep(-1, "the oldest went until the prompt fitted", before, _layout.Total));
    }

    private MttException TooLong()
    {
        BudgetParts parts = _layout.Parts(_window, _window - _budget);
        (string Name, int Tokens)[] all =
        [
            ("the system prompt", parts.System),
            ("constraints, persona and state", parts.Injected),
            ("summary and documents", parts.Memory),
            ("the newest turn", parts.History),
            ("the declared tools", parts.Tools),
        ];
        (string largest, int tokens) = all.MaxBy(part => part.Tokens);
        string list = string.Join(", ", all.Select(part => Invariant($"{part.Name} {part.Tokens:N0}")));
        return new MttException(
            Invariant(
                $"messages[{_log.Entries.Count - 1}]: the prompt has {_layout.Total:N0} tokens where {_budget:N0} of {_window:N0} may be used, and nothing in it may leave: {list}"
            ),
            Invariant(
                $"Shorten {largest} ({tokens:N0} tokens), or give the policy a larger window or a smaller reserve."
            )
        );
    }

    private ContextPlan Build()
    {
        PlanItem[] items = _layout.Items();
        return new()
        {
            Call = _log.Entries.Count,
            Turn = Math.Max(0, _log.Turns.Count - 1),
            FirstTurn = _layout.FirstTurn,
            Placement = _inputs.Placement,
            Items = items,
            Retrieved = _policy.Retrieval is null ? [] : [.. items.Where(item => item.Kind == ItemKind.Retrieved)],
            LeftOut = [.. _layout.LeftOut],
            Applied = [.. _applied],
            Notices = [.. _notices],
            Artefacts = [.. _layout.Desk.Uses],
            Constraints = [.. _layout.Ledger.Active],
            Parts = _layout.Parts(_window, _window - _budget),
            IsEstimate = _counter.IsEstimate,
            NaiveTokens = _counter.Frame + _log.PlainTokens + _layout.Parts(0, 0).Tools,
            Layout = _layout.Version,
            Block = _layout.Block.Text,
            Documents = _layout.Block.Documents,
        };
    }

    private static void Observe(ContextPlan plan, Activity? span)
    {
        if (ContextTelemetry.Tokens.Enabled)
        {
            ContextTelemetry.Tokens.Record(plan.Parts.Prompt);
        }

        if (ContextTelemetry.Compression.Enabled)
        {
            ContextTelemetry.Compression.Record((double)plan.Parts.Prompt / Math.Max(1, plan.NaiveTokens));
        }

        if (span is not null)
        {
            span.SetTag("context.turn", plan.Turn);
            span.SetTag("context.tokens", plan.Parts.Prompt);
            span.SetTag("context.naive_tokens", plan.NaiveTokens);
            span.SetTag("context.items", plan.Items.Count);
        }
    }
}
