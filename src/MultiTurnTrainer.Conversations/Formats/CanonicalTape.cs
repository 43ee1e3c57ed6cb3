namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// One row, read once: its format is recognised, it is converted where needed, and what it says of weights and template
/// variables is read. Places lead back to the source. Used again for every row.
/// </summary>
/// <param name="maxTokens">Names and values beyond this are refused.</param>
internal sealed class CanonicalTape(int maxTokens = JsonTape.MaxTokens)
{
    // What a conversion adds around a row's own values is a few levels deep.
    private readonly JsonTape _converted = new(maxTokens, JsonTape.MaxDepth + 4);
    private readonly CanonicalRow _canonical = new();
    private readonly AddedNulls _nulls = new();
    private readonly List<RowProblem> _problems = [];
    private int _tools;

    /// <summary>The row as the file has it.</summary>
    public JsonTape Source { get; } = new(maxTokens);

    /// <summary>The canonical row: the source itself, or its conversion.</summary>
    public JsonTape Tape => IsConverted ? _converted : Source;

    /// <summary>The canonical row without the nulls that Arrow added; valid until the next row.</summary>
    public ReadOnlyMemory<byte> Text => _nulls.Drop(Tape);

    /// <summary>The format; null when no format has the row.</summary>
    public IRowFormat? Format { get; private set; }

    /// <summary>Whether <see cref="Tape"/> is another than <see cref="Source"/>.</summary>
    public bool IsConverted { get; private set; }

    /// <summary>The list of messages; −1 when there is none.</summary>
    public int Messages { get; private set; }

    /// <summary>What counts in the loss.</summary>
    public Supervision Supervision { get; private set; } = Supervision.Full;

    /// <summary>Weights and template variables that have no meaning.</summary>
    public IReadOnlyList<RowProblem> Problems => _problems;

    /// <summary>Rewrites that the conversion made, by name.</summary>
    public IReadOnlySet<string> Rewrites => _canonical.Rewrites;

    /// <summary>Names in the source that the conversion kept as metadata.</summary>
    public IReadOnlyList<int> KeptKeys => IsConverted ? _canonical.KeptKeys : [];

    /// <summary>Names in the source that the conversion left out.</summary>
    public IReadOnlyList<int> UnreadKeys => IsConverted ? _canonical.UnreadKeys : [];

    /// <summary>Whether a long row has made it take memory that few rows need.</summary>
    public bool IsLarge => Source.IsLarge || _converted.IsLarge;

    /// <summary>The canonical row without the nulls that Arrow added, in memory of its own.</summary>
    /// <param name="lostNulls">Whether there were any.</param>
    public JsonView Keep(out bool lostNulls)
    {
        ReadOnlyMemory<byte> text = Text;
        lostNulls = !text.Equals(Tape.Text);
        return lostNulls ? JsonView.Parse(text.Span) : new JsonView(Tape.Keep(), 0);
    }

    /// <summary>Forgets the row before.</summary>
    public void Clear()
    {
        Format = null;
        IsConverted = false;
        _problems.Clear();
    }

    /// <summary>Reads the scanned <see cref="Source"/>.</summary>
    /// <returns>Null, or why the row is no conversation.</returns>
    public Refusal? Load(ConversionOptions options)
    {
        Clear();
        Format = RowFormats.Detect(Source);
        if (Format is null && options.Prompts && RowFormats.Prompt.Recognises(Source))
        {
            Format = RowFormats.Prompt;
        }

        if (Format is null)
        {
            return new Refusal(NotConversations.Explain(Source));
        }

        if (options.Normalise || Format is not OpenAiFormat || !OpenAiFormat.IsCanonical(Source))
        {
            _canonical.Clear();
            if ((Format.Convert(Source, _canonical, options) ?? _canonical.Refusal) is { } refusal)
            {
                return refusal;
            }

            if (!_converted.Scan(_canonical.Finish()))
            {
                throw new InvalidOperationException($"{Format.Name} wrote bad JSON: {_converted.Problem!.Message}");
            }

            IsConverted = true;
        }

        Messages = Tape.Find(0, "messages"u8);
        _tools = Tape.Find(0, "tools"u8);
        Supervision = SupervisionReader.Read(Tape, Messages, _problems);
        VariablesReader.Check(Tape, _problems);
        return null;
    }

    /// <summary>The path in the file's own terms and the byte offset of a canonical token.</summary>
    public (string Path, int Offset) Place(int token)
    {
        if (!IsConverted)
        {
            return token == 0 ? ("", 0) : (JsonPathText.Of(Source, token), Source[token].Start);
        }

        if (_tools >= 0 && token >= _tools && token < Tape[_tools].Next)
        {
            return At(_canonical.ToolsSource);
        }

        int index = 0;
        int message = Messages < 0 ? int.MaxValue : Messages + 1;
        for (; message < Tape[Math.Max(0, Messages)].Next && token >= message; message = Tape[message].Next, index++)
        {
            if (token < Tape[message].Next)
            {
                return Place(message, _canonical.Sources[index], token);
            }
        }

        // What stands beside the messages keeps its name.
        return Same(0, 0, token);
    }

    private (string Path, int Offset) Place(int message, MessageSource source, int token)
    {
        if (source.Verbatim)
        {
            // The same object stands in the source: only the way to it differs.
            string whole = JsonPathText.Of(Tape, token);
            string inside = whole[JsonPathText.Of(Tape, message).Length..];
            (string path, int offset) = At(source.Anchor);
            return (path.Length == 0 ? inside.TrimStart('.') : path + inside, offset);
        }

        bool isContent = Holds(message, "content"u8, token);
        bool inCalls = Holds(message, "tool_calls"u8, token);
        return (isContent || inCalls) && source.Content >= 0 ? At(source.Content)
            : token == Tape.Find(message, "role"u8) && source.Role >= 0 ? At(source.Role)
            : Same(message, source.Anchor, token);
    }

    private bool Holds(int message, ReadOnlySpan<byte> name, int token) =>
        Tape.Find(message, name) is >= 0 and int value && token >= value && token < Tape[value].Next;

    /// <summary>The place in the source's object of a property that stands in the canonical one under the same name.</summary>
    private (string Path, int Offset) Same(int owner, int source, int token)
    {
        for (int at = owner + 1; Tape[owner].Kind == JsonKind.Object && at < Tape[owner].Next; at = Tape[at + 1].Next)
        {
            if (
                token < at
                || token >= Tape[at + 1].Next
                || Source.Find(source, Tape.Raw(at)) is not (>= 0 and int value)
            )
            {
                continue;
            }

            string inside = JsonPathText.Of(Tape, token)[JsonPathText.Of(Tape, at).Length..];
            return (JsonPathText.Of(Source, value) + inside, Source[value].Start);
        }

        return At(source);
    }

    private (string Path, int Offset) At(int source) =>
        source <= 0 ? ("", 0) : (JsonPathText.Of(Source, source), Source[source].Start);
}
