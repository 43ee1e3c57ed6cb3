namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Collects one row in the canonical form and remembers where each message came from, so that findings about it can
/// name the place in the source. Values are copied as written: numbers and escapes keep their spelling.
/// </summary>
internal sealed class CanonicalRow
{
    private readonly ByteBuilder _messages = new();
    private readonly ByteBuilder _tools = new();
    private readonly ByteBuilder _id = new();
    private readonly ByteBuilder _metadata = new();
    private readonly ByteBuilder _extra = new();
    private readonly ByteBuilder _head = new();
    private readonly List<MessageSource> _sources = [];
    private bool _inMessage;
    private readonly List<int> _kept = [];
    private readonly List<int> _unread = [];
    private bool _verbatim;
    private int _anchor;
    private int _role;
    private int _content;

    /// <summary>Where each message came from, by its index.</summary>
    public IReadOnlyList<MessageSource> Sources => _sources;

    /// <summary>The token that the tools came from; −1 when there were none.</summary>
    public int ToolsSource { get; private set; } = -1;

    /// <summary>Rewrites that were made, by name, for the manifest.</summary>
    public SortedSet<string> Rewrites { get; } = new(StringComparer.Ordinal);

    /// <summary>Names in the source whose values are kept under <c>metadata</c> because the format does not use them.</summary>
    public IReadOnlyList<int> KeptKeys => _kept;

    /// <summary>Names in the source whose values have no place in the canonical form.</summary>
    public IReadOnlyList<int> UnreadKeys => _unread;

    /// <summary>Whether the message at hand has calls.</summary>
    public bool HasCalls { get; private set; }

    /// <summary>Why the row is refused, found while it was written.</summary>
    public Refusal? Refusal { get; private set; }

    public void Clear()
    {
        Refusal = null;
        _kept.Clear();
        _unread.Clear();
        _messages.Clear();
        _tools.Clear();
        _id.Clear();
        _metadata.Clear();
        _extra.Clear();
        _sources.Clear();
        Rewrites.Clear();
        ToolsSource = -1;
        _inMessage = false;
    }

    /// <summary>Sets the id to a value as written.</summary>
    public void Id(ReadOnlySpan<byte> rawValue)
    {
        _id.Clear();
        _id.Add(rawValue);
    }

    /// <summary>Begins a message.</summary>
    /// <param name="role">The role's name; written as a string.</param>
    /// <param name="anchor">The token the message came from.</param>
    public void Begin(string role, int anchor)
    {
        BeginRaw(anchor);
        Text("role"u8, role);
    }

    /// <summary>Begins a message without a role.</summary>
    /// <param name="anchor">The token the message came from.</param>
    /// <param name="verbatim">Whether its properties are those of the source, so that paths inside it hold there too.</param>
    public void BeginRaw(int anchor, bool verbatim = false)
    {
        End();
        _messages.Add(_sources.Count == 0 ? "{"u8 : ",{"u8);
        _inMessage = true;
        _verbatim = verbatim;
        HasCalls = false;
        (_anchor, _role, _content) = (anchor, -1, -1);
    }

    /// <summary>Adds a property whose value is JSON as written.</summary>
    public void Raw(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json) => Key(name).Add(json);

    /// <summary>Adds a property with a text.</summary>
    public void Text(ReadOnlySpan<byte> name, string text) => Key(name).AddString(text);

    /// <summary>The builder, placed after a property's name, for values put together piece by piece.</summary>
    public ByteBuilder Key(ReadOnlySpan<byte> name)
    {
        if (_messages.Span[^1] != (byte)'{')
        {
            _messages.Add((byte)',');
        }

        HasCalls |= name.SequenceEqual("tool_calls"u8);
        return _messages.Add((byte)'"').Add(name).Add("\":"u8);
    }

    /// <summary>Says that the message holds more than its source: paths inside it do not hold there.</summary>
    public void IsDerived() => _verbatim = false;

    /// <summary>Says that a key of the source is left out, so that a rule tells.</summary>
    public void Unread(int name) => _unread.Add(name);

    /// <summary>Says that the other keys of an object are left out; weights are read elsewhere, and what is null or empty says nothing.</summary>
    /// <param name="row">The source.</param>
    /// <param name="owner">The object.</param>
    /// <param name="read">Names that are read.</param>
    public void LeaveOut(JsonTape row, int owner, params ReadOnlySpan<string> read)
    {
        for (int at = owner + 1; row[owner].Kind == JsonKind.Object && at < row[owner].Next; at = row[at + 1].Next)
        {
            bool isSaid = row[at + 1].Kind switch
            {
                JsonKind.Null => false,
                JsonKind.String => row[at + 1].Length > 0,
                JsonKind.Array or JsonKind.Object => row.Length(at + 1) > 0,
                _ => true,
            };
            if (isSaid && !SupervisionReader.IsKey(row.Raw(at)) && !read.Contains(row.String(at)))
            {
                Unread(at);
            }
        }
    }

    /// <summary>Copies the weights of a source's turn to the message that is being written.</summary>
    public void AddWeights(JsonTape row, int turn)
    {
        for (int at = turn + 1; row[turn].Kind == JsonKind.Object && at < row[turn].Next; at = row[at + 1].Next)
        {
            if (SupervisionReader.IsKey(row.Raw(at)) || row.Is(at, "training_detail"u8))
            {
                Raw(row.Raw(at), row.RawValue(at + 1));
            }
        }
    }

    /// <summary>Refuses to join a turn to the message that another one began, where they do not weigh the same.</summary>
    public void RequireSameWeight(JsonTape row, int first, int turn)
    {
        List<RowProblem> problems = [];
        if (
            SupervisionReader.WeightOf(row, first, problems) != SupervisionReader.WeightOf(row, turn, problems)
            || problems.Count > 0
        )
        {
            Refuse(
                problems.Count > 0
                    ? new Refusal(problems[0].Text, problems[0].Token)
                    : new Refusal(
                        "joins the turn before it into one message, and the two have different weights: give both the same",
                        turn
                    )
            );
        }
    }

    /// <summary>Refuses the row.</summary>
    public void Refuse(Refusal refusal) => Refusal ??= refusal;

    /// <summary>Says which tokens the message's role and content came from.</summary>
    public void From(int role = -1, int content = -1)
    {
        _role = role >= 0 ? role : _role;
        _content = content >= 0 ? content : _content;
    }

    /// <summary>Sets the tools to a JSON array as written.</summary>
    public void Tools(ReadOnlySpan<byte> json, int source)
    {
        _tools.Clear();
        _tools.Add(json);
        ToolsSource = source;
    }

    /// <summary>Keeps a value beside the conversation.</summary>
    public void Metadata(ReadOnlySpan<byte> rawName, ReadOnlySpan<byte> json)
    {
        _metadata.Add(_metadata.Length == 0 ? "\""u8 : ",\""u8).Add(rawName).Add("\":"u8).Add(json);
    }

    private void Extra(ReadOnlySpan<byte> rawName, ReadOnlySpan<byte> json) =>
        _extra.Add(",\""u8).Add(rawName).Add("\":"u8).Add(json);

    /// <summary>
    /// Keeps what a format does not use: weights and template variables of the row where they are, the rest under
    /// <c>metadata</c>, so that nothing is lost silently.
    /// </summary>
    /// <param name="row">The source.</param>
    /// <param name="used">Names the format has read.</param>
    public void KeepRest(JsonTape row, params ReadOnlySpan<string> used) => KeepRest(row, 0, used);

    /// <summary>Keeps what a format does not use of an object inside the row.</summary>
    public void KeepRest(JsonTape row, int owner, ReadOnlySpan<string> used)
    {
        for (int at = owner + 1; at < row[owner].Next; at = row[at + 1].Next)
        {
            string name = row.String(at);
            if (VariablesReader.IsOfTemplates(row, at) || SupervisionReader.IsRowKey(row, at))
            {
                Extra(row.Raw(at), row.RawValue(at + 1));
                continue;
            }

            // A null says nothing; Parquet has one for every absent key.
            if (used.Contains(name) || row[at + 1].Kind == JsonKind.Null)
            {
                continue;
            }

            if (
                name is "id" or "conversation_id" or "question_id"
                && row[at + 1].Kind is JsonKind.String or JsonKind.Number
            )
            {
                Id(row.RawValue(at + 1));
            }
            else if (name == "metadata" && row[at + 1].Kind == JsonKind.Object)
            {
                for (int inner = at + 2; inner < row[at + 1].Next; inner = row[inner + 1].Next)
                {
                    Metadata(row.Raw(inner), row.RawValue(inner + 1));
                }
            }
            else
            {
                Metadata(row.Raw(at), row.RawValue(at + 1));
                _kept.Add(at);
            }
        }
    }

    /// <summary>The finished row. It stands in the messages' own buffer: rows may be long.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        End();
        _head.Clear();
        _head.Add((byte)'{');
        if (_id.Length > 0)
        {
            _head.Add("\"id\":"u8).Add(_id.Span).Add((byte)',');
        }

        _messages.Prepend(_head.Add("\"messages\":["u8).Span).Add((byte)']');
        if (_tools.Length > 0)
        {
            _messages.Add(",\"tools\":"u8).Add(_tools.Span);
        }

        _messages.Add(_extra.Span);
        if (_metadata.Length > 0)
        {
            _messages.Add(",\"metadata\":{"u8).Add(_metadata.Span).Add((byte)'}');
        }

        return _messages.Add((byte)'}').Memory;
    }

    private void End()
    {
        if (_inMessage)
        {
            _messages.Add((byte)'}');
            _sources.Add(new MessageSource(_anchor, _role, _content, _verbatim));
            _inMessage = false;
        }
    }
}

/// <summary>The tokens a canonical message came from; −1 where there is none of its own.</summary>
internal readonly record struct MessageSource(int Anchor, int Role, int Content, bool Verbatim);
