namespace MultiTurnTrainer.Context.Planning;

/// <summary>A message of the record with what stands for it in prompts.</summary>
internal sealed class Entry(Message message, int index, int turn, int tokens)
{
    public Message Message { get; } = message;

    public int Index { get; } = index;

    /// <summary>Its turn; −1 before the first.</summary>
    public int Turn { get; } = turn;

    /// <summary>Its tokens as it stands.</summary>
    public int Tokens { get; } = tokens;

    /// <summary>For a tool's result, the call it answers.</summary>
    public ToolCall? Call { get; init; }

    /// <summary>The answer that called, by its index; −1 for anything but a result.</summary>
    public int Caller { get; init; } = -1;

    /// <summary>What stands for it; null for itself.</summary>
    public PlanItem? Replacement { get; set; }

    /// <summary>What stands before it.</summary>
    public PlanItem? Reminder { get; set; }

    /// <summary>Past exchanges that stand before it.</summary>
    public IReadOnlyList<PlanItem> Retrieved { get; set; } = [];

    /// <summary>Its tokens in prompts.</summary>
    public int Effective =>
        (Replacement?.Tokens ?? Tokens) + (Reminder?.Tokens ?? 0) + Retrieved.Sum(static item => item.Tokens);

    /// <summary>Its item, once made.</summary>
    public PlanItem? Item { get; set; }
}

/// <summary>A user's messages and everything up to the next user's: it leaves a prompt whole.</summary>
internal sealed class TurnSpan(int first)
{
    public int First { get; } = first;

    /// <summary>One past its last message.</summary>
    public int End { get; set; } = first;

    /// <summary>Tokens in prompts.</summary>
    public int Tokens { get; set; }

    /// <summary>Tokens as it stands.</summary>
    public int Plain { get; set; }

    /// <summary>Whether anybody but the user has spoken in it.</summary>
    public bool HasReply { get; set; }
}

/// <summary>
/// The record: messages in groups that live or go whole, which are a user's turn, an answer, a call with its results. A
/// record that cannot be grouped is refused.
/// </summary>
internal sealed class MessageLog(ITokenCounter counter)
{
    private readonly List<Entry> _leading = [];
    private TailList<Entry> _entries = new();
    private TailList<TurnSpan> _turns = new();
    private Entry? _caller;
    private int _answered;

    /// <summary>All messages.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>The turns.</summary>
    public IReadOnlyList<TurnSpan> Turns => _turns;

    /// <summary>System messages before the first turn: they never leave.</summary>
    public IReadOnlyList<Entry> Leading => _leading;

    /// <summary>The answer whose calls are open (−1 for none), and how many of their results have come.</summary>
    public (int Caller, int Answered) OpenCall => (_caller?.Index ?? -1, _answered);

    /// <summary>Tokens of everything as it stands.</summary>
    public int PlainTokens { get; private set; }

    /// <summary>Adds a message.</summary>
    /// <exception cref="MttException">It belongs to no group.</exception>
    public Entry Append(Message message)
    {
        int index = _entries.Count;
        bool instructs = message.Role is Role.System or Role.Developer;
        if (message.Role == Role.Unknown)
        {
            throw Refused(index, $"the role '{message.RoleName}' belongs to no group", "Convert it with mtt prepare.");
        }

        if (_turns.Count == 0 && !instructs)
        {
            _turns.Add(new TurnSpan(index));
        }
        else if (message.Role == Role.User && _turns[^1].HasReply)
        {
            _turns.Add(new TurnSpan(index));
        }

        Entry entry = message.Role == Role.Tool ? Result(message, index) : Plain(message, index);
        _entries.Add(entry);
        PlainTokens += entry.Tokens;
        if (_turns.Count == 0)
        {
            _leading.Add(entry);
            return entry;
        }

        TurnSpan turn = _turns[^1];
        turn.End = index + 1;
        turn.Tokens += entry.Tokens;
        turn.Plain += entry.Tokens;
        turn.HasReply |= message.Role is Role.Assistant or Role.Tool;
        return entry;
    }

    /// <summary>Takes the place of a log that was saved.</summary>
    public void Restore(PlanState state, TailList<Message> record)
    {
        _leading.AddRange(state.LeadingTokens.Select((tokens, i) => new Entry(record[i], i, -1, tokens)));
        _entries = new TailList<Entry>(_leading, state.From);
        foreach (EntryState saved in state.Entries)
        {
            int index = _entries.Count;
            _entries.Add(
                new Entry(record[index], index, saved.Turn, saved.Tokens)
                {
                    Caller = saved.Caller,
                    Call = saved.Call < 0 ? null : record[saved.Caller].ToolCalls[saved.Call],
                    Replacement = saved.Replacement,
                    Reminder = saved.Reminder,
                }
            );
        }

        _turns = new TailList<TurnSpan>([], state.FirstTurn);
        foreach (TurnState saved in state.Turns)
        {
            _turns.Add(
                new TurnSpan(saved.First)
                {
                    End = saved.End,
                    Tokens = saved.Tokens,
                    Plain = saved.Plain,
                    HasReply = saved.HasReply,
                }
            );
        }

        PlainTokens = state.PlainTokens;
        _caller = state.Caller < 0 ? null : _entries[state.Caller];
        _answered = state.Answered;
    }

    /// <summary>A message as <see cref="Restore"/> takes it.</summary>
    public EntryState Save(Entry entry) =>
        new(
            entry.Turn,
            entry.Tokens,
            entry.Caller,
            entry.Call is { } call ? PlaceOf(call, _entries[entry.Caller].Message.ToolCalls) : -1,
            entry.Replacement,
            entry.Reminder
        );

    private static int PlaceOf(ToolCall call, IReadOnlyList<ToolCall> calls)
    {
        int place = 0;
        while (!ReferenceEquals(calls[place], call))
        {
            place++;
        }

        return place;
    }

    private Entry Plain(Message message, int index)
    {
        // A user or an answer ends the exchange before; an instruction in the middle does not.
        if (message.Role is Role.User or Role.Assistant)
        {
            _caller = null;
        }

        Entry entry = new(message, index, _turns.Count - 1, counter.Count(message));
        if (message.ToolCalls.Count > 0)
        {
            (_caller, _answered) = (entry, 0);
        }

        return entry;
    }

    private Entry Result(Message message, int index)
    {
        if (_caller is null)
        {
            throw Refused(index, "a tool's result without a call before it", "mtt validate lists every such message.");
        }

        IReadOnlyList<ToolCall> calls = _caller.Message.ToolCalls;
        ToolCall? call = message.ToolCallId is { } id ? calls.FirstOrDefault(known => known.Id == id) : null;
        if (call is null && message.ToolCallId is { } unknown && calls.All(known => known.Id is not null))
        {
            throw Refused(index, $"answers the call '{unknown}', which nobody made", "Give it the id of its call.");
        }

        call ??= _answered < calls.Count ? calls[_answered] : null;
        _answered++;
        return new Entry(message, index, _turns.Count - 1, counter.Count(message))
        {
            Call = call,
            Caller = _caller.Index,
        };
    }

    private static MttException Refused(int index, string problem, string remedy) =>
        new(Invariant($"messages[{index}]: {problem}"), remedy);
}
