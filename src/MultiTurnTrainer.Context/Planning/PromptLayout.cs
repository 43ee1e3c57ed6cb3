using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Summaries;
using MultiTurnTrainer.Context.ToolResults;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>
/// What stands in the prompt at the moment, and the few ways to make it smaller. Everything that has left stays away, so
/// that the beginning of a prompt changes seldom.
/// </summary>
internal sealed class PromptLayout
{
    private readonly ContextPolicy _policy;
    private readonly ContextInputs _inputs;
    private readonly ITokenCounter _counter;
    private readonly MessageLog _log;
    private readonly PromptBlock _block;
    private readonly ModelSummary? _model;
    private readonly RetrievedExchanges? _retrieval;
    private readonly SelectiveRetention? _retention;
    private readonly List<KeptSentence> _displaced = [];
    private readonly List<LeftInstruction> _notes = [];
    private readonly List<Omission> _leftOut = [];
    private readonly Dictionary<int, IReadOnlyList<ClassifiedSentence>> _sentences = [];
    private readonly int _tools;
    private int _history;
    private int _turnsCounted;
    private int _system;
    private int _nextResult;
    private (int Rules, int FirstTurn, int Notes, string Summary, int Turn) _written = (-1, 0, 0, "", 0);

    public PromptLayout(ContextPolicy policy, ContextInputs inputs, ITokenCounter counter, MessageLog log)
    {
        (_policy, _inputs, _counter, _log) = (policy, inputs, counter, log);
        _block = new PromptBlock(policy, inputs, counter);
        Desk = new ArtefactDesk(inputs.Artefacts);
        Summary = new RunningSummary(policy.Summary, counter.Count);
        _retention = policy.Retention is { } retention ? new SelectiveRetention(retention, Desk, counter.Count) : null;
        _model = policy.Summarize is { } model
            ? new ModelSummary(model, Desk, Summary, _retention, counter.Count)
            : null;
        _retrieval = policy.Retrieval is { } retrieval ? new(retrieval, inputs, counter, log, Desk) : null;
        _tools = inputs.Tools is { } tools ? counter.CountTools(tools) : 0;
        for (int i = 0; i < inputs.Documents.Count; i++)
        {
            if (!_block.Documents.Contains(i))
            {
                DroppedDocuments++;
            }
        }
    }

    /// <summary>The constraints in force.</summary>
    public ConstraintLedger Ledger { get; } = new();

    /// <summary>The summary.</summary>
    public RunningSummary Summary { get; }

    /// <summary>Finds what models made.</summary>
    public ArtefactDesk Desk { get; }

    /// <summary>What is at the top.</summary>
    public PromptBlock Block => _block;

    /// <summary>The first turn that is in the prompt.</summary>
    public int FirstTurn { get; private set; }

    /// <summary>Counts up whenever something that stood in an earlier prompt changes.</summary>
    public int Version { get; private set; }

    /// <summary>Tokens by which real prompts are longer than their parts say.</summary>
    public int Surplus { get; set; }

    /// <summary>What has left.</summary>
    public IReadOnlyList<Omission> LeftOut => _leftOut;

    /// <summary>Documents over their cap.</summary>
    public int DroppedDocuments { get; }

    /// <summary>Turns in the prompt.</summary>
    public int Turns => _log.Turns.Count - FirstTurn;

    /// <summary>Messages in the prompt, the system's aside.</summary>
    public int Messages => Turns == 0 ? 0 : _log.Entries.Count - _log.Turns[FirstTurn].First;

    /// <summary>Tokens of the messages in the prompt.</summary>
    public int History => _history;

    /// <summary>Tokens of the prompt.</summary>
    public int Total => _counter.Frame + _system + _block.PromptTokens + _history + _tools + Surplus;

    /// <summary>The tokens by part.</summary>
    public BudgetParts Parts(int window, int reserve) =>
        new(
            window,
            reserve,
            _counter.Frame + _system + Surplus,
            _block.PromptTokens - _block.MemoryTokens,
            _block.MemoryTokens,
            _history,
            _tools
        );

    /// <summary>Takes over a message that was just added to the record.</summary>
    public void Added(Entry entry)
    {
        if (entry.Turn < 0)
        {
            _system += entry.Tokens;
            return;
        }

        _history += entry.Tokens;
        if (entry.Message.Role == Role.User)
        {
            AddUser(entry);
        }
        else if (entry.Message.Role == Role.Tool && IsLong(entry))
        {
            Replace(entry, ItemKind.Facts);
        }
    }

    /// <summary>What a user's message does; the rules look at each once.</summary>
    public IReadOnlyList<ClassifiedSentence> SentencesOf(Entry entry)
    {
        if (!_sentences.TryGetValue(entry.Index, out IReadOnlyList<ClassifiedSentence>? sentences))
        {
            _sentences[entry.Index] = sentences = TurnRules.Classify(entry.Message.Content ?? "");
        }

        return sentences;
    }

    /// <summary>Writes the top anew where something it holds changed.</summary>
    public void WriteBlock(int turn)
    {
        (int Rules, int FirstTurn, int Notes, string Summary, int Turn) holds = Holds(turn);
        if (holds == _written)
        {
            return;
        }

        _written = holds;
        if (_block.Write(Ledger.Active, _retention?.Kept ?? [], FirstTurn, turn, _notes, Summary))
        {
            Version++;
        }
    }

    /// <summary>What <see cref="Restore"/> takes.</summary>
    /// <param name="turn">The newest turn that was looked at.</param>
    public PlanState Save(int turn)
    {
        int from = _log.Turns[FirstTurn].First;
        return new PlanState
        {
            Count = _log.Entries.Count,
            From = from,
            LeadingTokens = [.. _log.Leading.Select(entry => entry.Tokens)],
            Entries = [.. Places(from, _log.Entries.Count).Select(i => _log.Save(_log.Entries[i]))],
            FirstTurn = FirstTurn,
            Turns =
            [
                .. Places(FirstTurn, _log.Turns.Count)
                    .Select(i => _log.Turns[i])
                    .Select(span => new TurnState(span.First, span.End, span.Tokens, span.Plain, span.HasReply)),
            ],
            Constraints = [.. Ledger.Active],
            ConstraintChanges = Ledger.Version,
            Summary = Summary.Save(),
            Waiting = _model?.Save(),
            Kept = _retention is null ? null : [.. _retention.Kept],
            Notes = [.. _notes],
            LeftOut = [.. _leftOut],
            Caller = _log.OpenCall.Caller,
            Answered = _log.OpenCall.Answered,
            PlainTokens = _log.PlainTokens,
            Surplus = Surplus,
            Version = Version,
            NextResult = _nextResult,
            Turn = turn,
        };
    }

    /// <summary>Takes the place of a layout that was saved; the log has done so before.</summary>
    public void Restore(PlanState state)
    {
        Ledger.Restore(state.Constraints, state.ConstraintChanges);
        Summary.Restore(state.Summary);
        _model?.Restore(state.Waiting ?? WaitingMessages.None);
        _retention?.Restore(state.Kept ?? []);
        _notes.AddRange(state.Notes);
        _leftOut.AddRange(state.LeftOut);
        _system = state.LeadingTokens.Sum();
        _history = state.Turns.Sum(turn => turn.Tokens);
        _turnsCounted = _log.Turns.Count - 1;
        _nextResult = state.NextResult;
        (FirstTurn, Surplus) = (state.FirstTurn, state.Surplus);
        WriteBlock(state.Turn);
        Version = state.Version;
    }

    private (int Rules, int FirstTurn, int Notes, string Summary, int Turn) Holds(int turn) =>
        (
            Ledger.Version + (_retention?.Version ?? 0),
            FirstTurn,
            _notes.Count,
            Summary.Text,
            _block.ChangesByTurn ? turn : 0
        );

    private static IEnumerable<int> Places(int first, int end) => Enumerable.Range(first, end - first);

    /// <summary>Lets all turns before one leave.</summary>
    /// <param name="turn">The first that stays.</param>
    /// <param name="reason">Why.</param>
    public void Drop(int turn, string reason)
    {
        if (turn <= FirstTurn)
        {
            return;
        }

        int first = _log.Turns[FirstTurn].First;
        int tokens = 0;
        _retention?.Require(EntriesOf(FirstTurn, turn));
        _model?.Add(EntriesOf(FirstTurn, turn));
        for (; FirstTurn < turn; FirstTurn++)
        {
            TurnSpan span = _log.Turns[FirstTurn];
            tokens += span.Plain;
            _history -= span.Tokens;
            Cover(span);
        }

        int last = _log.Turns[turn].First - 1;
        string replaced = _policy.Summary.MaxTokens > 0 ? "; the summary replaces them" : "";
        LeaveOut(new Omission(first, last, tokens, reason + replaced));
        Version++;
    }

    // What leaves for one reason, bite after bite, is one stretch.
    private void LeaveOut(Omission next)
    {
        if (_leftOut is [.., { } before] && before.Last + 1 == next.First && before.Reason == next.Reason)
        {
            _leftOut[^1] = before with { Last = next.Last, Tokens = before.Tokens + next.Tokens };
        }
        else
        {
            _leftOut.Add(next);
        }
    }

    /// <summary>Writes the summary of what has left.</summary>
    public void WriteSummary(int turn)
    {
        _model?.Write();
        CoverDisplaced();
        Summary.Write();
        WriteBlock(turn);
    }

    // Quotes that made room: the rules summarise them now, and a model with what leaves next, as its summary of this is asked for already.
    private void CoverDisplaced()
    {
        foreach (KeptSentence quote in _displaced)
        {
            _model?.Add(quote);
            if (quote.IsUsers)
            {
                Summary.AddUser(quote.Message, TurnRules.Classify(quote.Text));
            }
            else
            {
                Summary.AddAnswer(quote.Message, quote.Text, isAccepted: false);
            }
        }

        _displaced.Clear();
    }

    /// <summary>Whether all turns before one may leave for the sake of a summary: not where a model's cannot be used.</summary>
    /// <param name="turn">The first that would stay.</param>
    public bool IsSummarized(int turn)
    {
        if (_model is not null)
        {
            _retention?.Require(EntriesOf(FirstTurn, turn));
        }

        return _model is null || _model.Covers(EntriesOf(FirstTurn, turn));
    }

    /// <summary>Reduces the summary to its key facts from here on.</summary>
    /// <returns>Whether that changes anything.</returns>
    public bool KeepFactsOnly() =>
        !Summary.IsFactsOnly && (_model is null || _model.KeepFactsOnly()) && Summary.KeepFactsOnly();

    /// <summary>Replaces the results of earlier turns that can be had again by their calls, where the policy lets them go.</summary>
    /// <returns>How many.</returns>
    public int ClearChunks()
    {
        if (_retention is not { DropsChunks: true })
        {
            return 0;
        }

        int cleared = 0;
        IEnumerable<Entry> results = EntriesOf(FirstTurn, _log.Turns.Count - 1)
            .Where(entry => entry.Message.Role == Role.Tool && entry.Call is not null);
        foreach (Entry entry in results.SkipLast(_policy.Tools.KeepResults))
        {
            int before = entry.Effective;
            if (entry.Replacement?.Kind != ItemKind.Placeholder)
            {
                Replace(entry, ItemKind.Placeholder);
            }

            cleared += entry.Effective < before ? 1 : 0;
        }

        Version += cleared > 0 ? 1 : 0;
        return cleared;
    }

    /// <summary>Replaces the oldest result that is still word for word by a placeholder.</summary>
    /// <param name="keep">The newest results that stay; those of the newest call always do.</param>
    /// <returns>Whether there was one.</returns>
    public bool ClearOldestResult(int keep)
    {
        int start = Math.Max(_nextResult, _log.Turns[FirstTurn].First);
        int end = KeptFrom(keep);
        for (int i = start; i < end; i++)
        {
            Entry entry = _log.Entries[i];
            _nextResult = i + 1;
            if (entry.Message.Role == Role.Tool && entry.Replacement?.Kind != ItemKind.Placeholder)
            {
                int before = entry.Effective;
                Replace(entry, ItemKind.Placeholder);
                if (entry.Effective < before)
                {
                    Version++;
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Puts the past exchanges that fit the newest turn's words before them.</summary>
    /// <param name="room">Tokens that they may have at most.</param>
    /// <returns>How many there are, and how many more fit and are too long.</returns>
    public (int Found, int TooLong) Retrieve(int room)
    {
        if (_retrieval is null || NewestQuestion() is not { } question)
        {
            return default;
        }

        SetRetrieved(question, _retrieval.Find(FirstTurn, room));
        return (question.Retrieved.Count, _retrieval.TooLong);
    }

    /// <summary>Takes away again what came back for the newest turn.</summary>
    /// <returns>Whether there was any.</returns>
    public bool DropRetrieved()
    {
        if (NewestQuestion() is not { Retrieved.Count: > 0 } question)
        {
            return false;
        }

        SetRetrieved(question, []);
        Version++;
        return true;
    }

    /// <summary>The items of the prompt, in order.</summary>
    public PlanItem[] Items()
    {
        List<PlanItem> items = new(_block.Items.Count + Messages + 2);
        foreach (Entry entry in _log.Leading)
        {
            items.Add(entry.Item ??= Made(entry, ItemKind.System, "the system prompt never leaves"));
        }

        items.AddRange(_block.Items);
        int first = Turns == 0 ? _log.Entries.Count : _log.Turns[FirstTurn].First;
        for (int i = first; i < _log.Entries.Count; i++)
        {
            Entry entry = _log.Entries[i];
            items.AddRange(entry.Retrieved);
            if (entry.Reminder is { } reminder)
            {
                items.Add(reminder);
            }

            items.Add(entry.Replacement ?? (entry.Item ??= Made(entry, ItemKind.Message, "within the window")));
        }

        return [.. items];
    }

    private static PlanItem Made(Entry entry, ItemKind kind, string reason) =>
        new(kind, [entry.Index], entry.Tokens, reason);

    private void AddUser(Entry entry)
    {
        int turn = entry.Turn;
        bool opensTurn = _log.Turns[turn].First == entry.Index;
        if (opensTurn && turn != _turnsCounted)
        {
            _turnsCounted = turn;
            Remind(entry);
        }

        if (!_policy.Constraints.Enabled)
        {
            return;
        }

        List<ActiveConstraint> withdrawn = [];
        Ledger.Add(SentencesOf(entry), entry.Index, turn, withdrawn);
        if (withdrawn.Count > 0)
        {
            RemoveReminders(withdrawn);
        }
    }

    private void Remind(Entry entry)
    {
        string text = ReminderText.Of(_policy, Ledger.Active, entry.Turn + 1);
        if (text.Length > 0)
        {
            SetReminder(entry, text);
        }
    }

    private void SetReminder(Entry entry, string text)
    {
        int before = entry.Effective;
        entry.Reminder =
            text.Length == 0
                ? null
                : new PlanItem(ItemKind.Reminder, [], _counter.Count(text), "repeated every few turns", text);
        Grow(entry, entry.Effective - before);
    }

    private Entry? NewestQuestion()
    {
        TurnSpan turn = _log.Turns[^1];
        for (int i = turn.First; i < turn.End; i++)
        {
            if (_log.Entries[i].Message.Role == Role.User)
            {
                return _log.Entries[i];
            }
        }

        return null;
    }

    private void SetRetrieved(Entry entry, IReadOnlyList<PlanItem> items)
    {
        int before = entry.Effective;
        entry.Retrieved = items;
        Grow(entry, entry.Effective - before);
    }

    // What a user has lifted is no longer repeated, not even before an earlier turn's words.
    private void RemoveReminders(List<ActiveConstraint> withdrawn)
    {
        for (int turn = FirstTurn; turn < _log.Turns.Count; turn++)
        {
            Entry entry = _log.Entries[_log.Turns[turn].First];
            if (
                entry.Reminder is { } reminder
                && withdrawn.Exists(gone => reminder.Text!.Contains(gone.Text, StringComparison.Ordinal))
            )
            {
                IEnumerable<ActiveConstraint> left = Ledger.Active.Where(constraint =>
                    reminder.Text!.Contains(constraint.Text, StringComparison.Ordinal)
                );
                SetReminder(entry, ReminderText.Of(_policy, [.. left], turn + 1));
                Version++;
            }
        }
    }

    private bool IsLong(Entry entry) => _policy.Tools.ExtractAbove > 0 && entry.Tokens > _policy.Tools.ExtractAbove;

    private void Replace(Entry entry, ItemKind kind)
    {
        string result = entry.Message.Content ?? "";
        string text =
            kind == ItemKind.Facts
                ? ToolResultText.Facts(entry.Call, result, entry.Tokens, _policy.Tools.ExtractTo, _counter.Count)
                : ToolResultText.Placeholder(entry.Call, result, entry.Tokens);

        // What the template prints around the result stays.
        int around = Math.Max(0, entry.Tokens - _counter.Count(result));
        int tokens = _counter.Count(text) + around;
        if (tokens >= entry.Effective)
        {
            return;
        }

        int before = entry.Effective;
        string reason =
            kind == ItemKind.Facts ? "the facts of a long result" : "an older result, to be had again by its call";
        entry.Replacement = new PlanItem(kind, [entry.Index], tokens, reason, text);
        Grow(entry, entry.Effective - before);
    }

    private void Grow(Entry entry, int tokens)
    {
        _log.Turns[entry.Turn].Tokens += tokens;
        _history += tokens;
    }

    private int KeptFrom(int keep)
    {
        int newestCaller = -1;
        for (int i = _log.Entries.Count - 1; i >= _log.Turns[FirstTurn].First; i--)
        {
            Entry entry = _log.Entries[i];
            if (entry.Message.Role != Role.Tool)
            {
                continue;
            }

            newestCaller = newestCaller < 0 ? entry.Caller : newestCaller;
            if (keep-- <= 0 && entry.Caller != newestCaller)
            {
                return i + 1;
            }
        }

        return 0;
    }

    private IEnumerable<Entry> EntriesOf(int first, int end) =>
        Places(_log.Turns[first].First, _log.Turns[end].First).Select(place => _log.Entries[place]);

    private void Cover(TurnSpan span)
    {
        for (int i = span.First; i < span.End; i++)
        {
            Entry entry = _log.Entries[i];
            switch (entry.Message.Role)
            {
                case Role.User:
                    Summary.AddUser(i, Summarizable(entry));
                    _sentences.Remove(i);
                    break;
                case Role.Assistant when entry.Message.Content is { Length: > 0 } text:
                    Summary.AddAnswer(i, _retention?.Summarizable(entry, text) ?? text, IsAccepted(span.End));
                    break;
                case Role.System or Role.Developer:
                    _notes.Add(new LeftInstruction(i, entry.Message.Content ?? ""));
                    break;
                default:
                    break;
            }

            _displaced.AddRange(_retention?.Leave(entry) ?? []);
        }
    }

    private IReadOnlyList<ClassifiedSentence> Summarizable(Entry entry) =>
        _retention is { } retention
            ? [.. SentencesOf(entry).Where(sentence => retention.MaySummarize(entry, sentence.Text))]
            : SentencesOf(entry);

    private bool IsAccepted(int next) =>
        next < _log.Entries.Count
        && _log.Entries[next] is { Message.Role: Role.User } user
        && TurnRules.Whole(SentencesOf(user)) is TurnClass.Acknowledgement or TurnClass.Decision;
}
