// Folder Rows: a parsed row as rules look at it.
// Refuses to know: findings.

namespace MultiTurnTrainer.Validation.Rows;

/// <summary>
/// One row under examination: its bytes, its tokens, and an index over its messages and calls. Used again for every
/// row; nothing is allocated per row.
/// </summary>
/// <param name="maxTokens">Names and values beyond this are refused.</param>
internal sealed class Row(int maxTokens = JsonTape.MaxTokens)
{
    private readonly CanonicalTape _canonical = new(maxTokens);
    private MessageView[] _messages = new MessageView[16];
    private CallView[] _calls = new CallView[16];
    private int _messageCount;
    private int _callCount;
    private readonly RowTexts _texts = new();
    private bool _hasTexts;

    public string File { get; private set; } = "";

    public SourceRecord Record { get; private set; }

    /// <summary>The row as the file has it.</summary>
    public JsonTape Source => _canonical.Source;

    /// <summary>The canonical row: the source itself, or its conversion.</summary>
    public JsonTape Tape => _canonical.Tape;

    public IRowFormat? Format => _canonical.Format;

    /// <summary>What counts in the loss.</summary>
    public Supervision Supervision => _canonical.Supervision;

    /// <summary>Weights and template variables that have no meaning.</summary>
    public IReadOnlyList<RowProblem> Problems => _canonical.Problems;

    public int MessageList { get; private set; }

    public int Tools { get; private set; }

    public int Id { get; private set; }

    public ReadOnlySpan<MessageView> Messages => _messages.AsSpan(0, _messageCount);

    /// <summary>The texts of the messages, collected when somebody first asks.</summary>
    public RowTexts Texts
    {
        get
        {
            if (!_hasTexts)
            {
                _texts.Load(Tape, Messages);
                _hasTexts = true;
            }

            return _texts;
        }
    }

    public ReadOnlySpan<CallView> Calls => _calls.AsSpan(0, _callCount);

    /// <summary>Rewrites that the conversion made, by name.</summary>
    public IReadOnlySet<string> Rewrites => _canonical.Rewrites;

    /// <summary>Names in the source that the conversion kept as metadata.</summary>
    public IReadOnlyList<int> KeptKeys => _canonical.KeptKeys;

    /// <summary>Names in the source that the conversion left out.</summary>
    public IReadOnlyList<int> UnreadKeys => _canonical.UnreadKeys;

    /// <summary>Whether the row is in another format than OpenAI messages.</summary>
    public bool IsConverted => _canonical.IsConverted && Format is not OpenAiFormat;

    /// <summary>Starts on a record. Its tokens are those of <see cref="Source"/> after <see cref="JsonTape.Scan"/>.</summary>
    public void Begin(string file, in SourceRecord record)
    {
        File = file;
        Record = record;
        _canonical.Clear();
        _hasTexts = false;
        _messageCount = 0;
        _callCount = 0;
    }

    /// <summary>Recognises the format of the scanned source, converts where needed, and indexes the messages.</summary>
    /// <returns>Null, or why the row is no conversation.</returns>
    public Refusal? Load(ConversionOptions options)
    {
        if (_canonical.Load(options) is { } refusal)
        {
            return refusal;
        }

        Index();
        return null;
    }

    /// <summary>Whether matching calls with results and declarations would take unbounded time.</summary>
    public bool HasTooManyCalls
    {
        get
        {
            const int mostCalls = 10_000;
            const long mostPairs = 1_000_000;
            long tools = 0;
            if (Tools >= 0 && _callCount > 1 && Tape[Tools].Kind == JsonKind.Array)
            {
                for (int tool = Tools + 1; tool < Tape[Tools].Next; tool = Tape[tool].Next)
                {
                    tools++;
                }
            }

            return _callCount > mostCalls || _callCount * tools > mostPairs;
        }
    }

    /// <summary>The path in the file's own terms and the byte offset of a canonical token.</summary>
    public (string Path, int Offset) Place(int token) => _canonical.Place(token);

    private void Index()
    {
        JsonTape tape = Tape;
        MessageList = Tools = Id = -1;
        for (int at = 1; at < tape[0].Next; at = tape[at + 1].Next)
        {
            ReadOnlySpan<byte> name = tape.Raw(at);
            switch (name.Length)
            {
                case 8 when name.SequenceEqual("messages"u8):
                    MessageList = at + 1;
                    break;
                case 5 when name.SequenceEqual("tools"u8):
                    Tools = at + 1;
                    break;
                case 2 when name.SequenceEqual("id"u8):
                    Id = at + 1;
                    break;
            }
        }

        if (MessageList < 0)
        {
            return;
        }

        for (int at = MessageList + 1; at < tape[MessageList].Next; at = tape[at].Next)
        {
            if (_messageCount == _messages.Length)
            {
                Array.Resize(ref _messages, _messages.Length * 2);
            }

            Index(tape, at, ref _messages[_messageCount]);
            _messageCount++;
        }
    }

    private void Index(JsonTape tape, int token, ref MessageView message)
    {
        message = new MessageView
        {
            Token = token,
            RoleToken = -1,
            Content = -1,
            Reasoning = -1,
            Calls = -1,
            CallId = -1,
            Name = -1,
            FirstCall = _callCount,
        };
        if (tape[token].Kind != JsonKind.Object)
        {
            return;
        }

        for (int at = token + 1; at < tape[token].Next; at = tape[at + 1].Next)
        {
            ReadOnlySpan<byte> name = tape.Raw(at);
            int value = at + 1;
            if (tape[value].Kind == JsonKind.Null && !name.SequenceEqual("content"u8))
            {
                // A null key is an absent one.
                continue;
            }

            switch (name.Length)
            {
                case 4 when name.SequenceEqual("role"u8):
                    message.RoleToken = value;
                    message.Role = tape[value].Kind == JsonKind.String ? Roles.Parse(tape.Raw(value)) : Role.Unknown;
                    break;
                case 7 when name.SequenceEqual("content"u8):
                    message.Content = value;
                    message.HasText = ContentText.HasText(tape, value);
                    break;
                case 17 when name.SequenceEqual("reasoning_content"u8):
                case 8 when name.SequenceEqual("thinking"u8):
                case 9 when name.SequenceEqual("reasoning"u8):
                    message.Reasoning = value;
                    break;
                case 10 when name.SequenceEqual("tool_calls"u8):
                    message.Calls = value;
                    break;
                case 12 when name.SequenceEqual("tool_call_id"u8):
                    message.CallId = value;
                    break;
                case 4 when name.SequenceEqual("name"u8):
                    message.Name = value;
                    break;
            }
        }

        if (message.Calls >= 0 && tape[message.Calls].Kind == JsonKind.Array)
        {
            IndexCalls(tape, ref message);
        }
    }

    private void IndexCalls(JsonTape tape, ref MessageView message)
    {
        for (int at = message.Calls + 1; at < tape[message.Calls].Next; at = tape[at].Next)
        {
            if (_callCount == _calls.Length)
            {
                Array.Resize(ref _calls, _calls.Length * 2);
            }

            int function = tape.Present(at, "function"u8);
            int owner = function >= 0 ? function : at;
            _calls[_callCount++] = new CallView
            {
                Token = at,
                Message = _messageCount,
                Id = tape.Present(at, "id"u8),
                Name = tape.Present(owner, "name"u8),
                Arguments = tape.Present(owner, "arguments"u8),
            };
            message.CallCount++;
        }
    }
}
