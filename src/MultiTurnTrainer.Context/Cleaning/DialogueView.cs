namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>A conversation with its turns, and what was noticed about its user messages.</summary>
internal sealed class DialogueView
{
    private readonly int[] _turnOf;
    private readonly HashSet<int> _backReferences = [];
    private readonly List<int> _users = [];
    private readonly Dictionary<int, IReadOnlyList<ValueRevision>> _revisions = [];
    private readonly HashSet<int> _bare = [];

    public DialogueView(Conversation conversation)
    {
        Messages = conversation.Messages;
        Tools = conversation.Tools;
        Supervision = conversation.Supervision;
        Variables = conversation.Variables;
        Turns = Turn.Of(Messages.Select(message => message.Role));
        _turnOf = new int[Messages.Count];
        Array.Fill(_turnOf, -1);
        for (int turn = 0; turn < Turns.Count; turn++)
        {
            foreach (int message in Turns[turn].Messages)
            {
                _turnOf[message] = turn;
            }
        }

        List<TurnMark> marks = [];
        for (int turn = 0; turn < Turns.Count; turn++)
        {
            foreach (int message in Turns[turn].Users)
            {
                Notice(message, turn, marks);
            }
        }

        Marks = marks;
    }

    public IReadOnlyList<Message> Messages { get; }

    public JsonView? Tools { get; }

    public Supervision Supervision { get; }

    /// <summary>The conversation's own template variables.</summary>
    public IReadOnlyDictionary<string, JsonView> Variables { get; }

    public IReadOnlyList<Turn> Turns { get; }

    /// <summary>What was noticed, in the messages' order.</summary>
    public IReadOnlyList<TurnMark> Marks { get; }

    /// <summary>The turn of a message, or −1 for a system message.</summary>
    public int TurnOf(int message) => _turnOf[message];

    /// <summary>Whether a turn's user refers back to the reply before.</summary>
    public bool RefersBack(int turn) => _backReferences.Contains(turn);

    /// <summary>Whether a message is the reply that the user of the next turn refers back to, up to a turn.</summary>
    public bool IsReferredTo(int message, int upTo)
    {
        int turn = _turnOf[message];
        return turn < upTo && RefersBack(turn + 1) && LastReply(turn) == message;
    }

    /// <summary>A user message with the values that later messages, up to a turn, put in place of its own.</summary>
    public string LastWord(int message, string text, int upTo)
    {
        foreach (int later in _users)
        {
            if (later > message && _turnOf[later] <= upTo)
            {
                text = CorrectionDetector.Apply(text, _revisions[later]);
            }
        }

        return text;
    }

    /// <summary>The canonical task of the whole dialogue.</summary>
    public string CanonicalTask() =>
        Cleaning.CanonicalTask.Of(
            [.. _users.Select(message => Messages[message].Content ?? "")],
            [.. _users.Select(message => _revisions[message])],
            place => _bare.Contains(_users[place])
        );

    private int? LastReply(int turn)
    {
        for (int i = Turns[turn].Replies.Count - 1; i >= 0; i--)
        {
            Message reply = Messages[Turns[turn].Replies[i]];
            if (reply.Role == Role.Assistant && reply.ToolCalls.Count == 0)
            {
                return Turns[turn].Replies[i];
            }
        }

        return null;
    }

    private void Notice(int message, int turn, List<TurnMark> marks)
    {
        string text = Messages[message].Content ?? "";
        string? reply = turn > 0 && LastReply(turn - 1) is { } index ? Messages[index].Content : null;
        if (BackReferenceDetector.Find(text, reply) is { } words)
        {
            _backReferences.Add(turn);
            marks.Add(new TurnMark(message, TurnMarkKind.RefersBack, words));
            if (words.Length == text.Trim().Length)
            {
                _bare.Add(message);
            }
        }

        string[] earlier = [.. _users.Select(user => Messages[user].Content ?? "")];
        IReadOnlyList<ValueRevision> revisions = [];
        if (earlier.Length > 0 && CorrectionDetector.Find(text) is { } cue)
        {
            marks.Add(new TurnMark(message, TurnMarkKind.Corrects, cue));
            revisions = CorrectionDetector.Revisions(text, earlier);
        }

        _revisions[message] = revisions;
        _users.Add(message);
    }
}
