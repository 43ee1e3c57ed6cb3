namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Nulls that nobody wrote. Arrow gives every object of a column the keys of all of them: tools hold null keywords and
/// parameters of other tools, calls hold null arguments of other calls. They are found here and left out everywhere.
/// </summary>
internal sealed class AddedNulls
{
    private readonly List<int> _keys = [];
    private readonly Dictionary<int, string> _texts = [];
    private readonly List<int> _inText = [];
    private readonly EmbeddedJson _text = new();
    private readonly EmbeddedJson _tools = new();
    private readonly ByteBuilder _output = new();

    /// <summary>A row without the nulls that were added to its tools and calls; the same bytes when it has none.</summary>
    /// <param name="row">A canonical row. The result is valid until the next call.</param>
    public ReadOnlyMemory<byte> Drop(JsonTape row)
    {
        if (!Find(row, inMessages: false))
        {
            return row.Text;
        }

        _output.Clear();
        Write(row, 0, _keys, _texts, _output);
        return _output.Memory;
    }

    /// <summary>Looks through the tools and calls of a row.</summary>
    /// <param name="row">A row with messages.</param>
    /// <param name="inMessages">Whether null keys of messages, parts and calls count too; readers take them as absent.</param>
    /// <returns>Whether there are any.</returns>
    public bool Find(JsonTape row, bool inMessages)
    {
        _keys.Clear();
        _texts.Clear();
        if (!MayHold(row.Text) || row[0].Kind != JsonKind.Object)
        {
            return false;
        }

        (JsonTape tape, int tools) = Tools(row);
        if (tools >= 0 && tape == row)
        {
            InSchema(row, tools, _keys);
        }

        int list = MessageList.Find(row);
        for (int message = list + 1; list >= 0 && message < row[list].Next; message = row[message].Next)
        {
            if (inMessages)
            {
                NullKeys(row, message, "content"u8);
                Each(row, row.Find(message, "content"u8), part => NullKeys(row, part, []));
            }

            Each(row, row.Find(message, "tool_calls"u8), call => Call(row, call, tape, tools, inMessages));
        }

        _keys.Sort();
        return _keys.Count + _texts.Count > 0;
    }

    /// <summary>Whether the last search found a key, by its name's token.</summary>
    public bool Holds(int name) => _keys.BinarySearch(name) >= 0;

    /// <summary>What the last search makes of arguments that stand as JSON text; null when they stay.</summary>
    public string? Rewritten(int text) => _texts.GetValueOrDefault(text);

    /// <summary>Adds the null keys of tools, except where null is data.</summary>
    public static void InSchema(JsonTape tape, int value, List<int> found) => InSchema(tape, value, false, found);

    /// <summary>Adds the null keys of a call's arguments that are no parameters of its tool.</summary>
    /// <param name="tape">Where the arguments stand.</param>
    /// <param name="value">The arguments.</param>
    /// <param name="tools">Where the tools stand.</param>
    /// <param name="function">The tool's function object; −1 when it is not declared, and every null is taken for added.</param>
    /// <param name="found">Gets the names' tokens, ascending.</param>
    public static void InArguments(JsonTape tape, int value, JsonTape tools, int function, List<int> found)
    {
        int schema = tools.Present(function, "parameters"u8);
        bool isReference =
            schema >= 0
            && tools.Present(schema, "properties"u8) < 0
            && (
                tools.Present(schema, "$ref"u8) >= 0
                || tools.Present(schema, "anyOf"u8) >= 0
                || tools.Present(schema, "oneOf"u8) >= 0
                || tools.Present(schema, "allOf"u8) >= 0
            );
        if (!isReference)
        {
            InValue(tape, value, tools, schema, found);
        }
    }

    /// <summary>Whether a row has the word at all.</summary>
    public static bool MayHold(ReadOnlyMemory<byte> row) => row.Span.IndexOf("null"u8) >= 0;

    private static void Each(JsonTape tape, int list, Action<int> act)
    {
        for (
            int at = list + 1;
            list >= 0 && tape[list].Kind == JsonKind.Array && at < tape[list].Next;
            at = tape[at].Next
        )
        {
            act(at);
        }
    }

    /// <summary>The tools, which may stand as JSON text.</summary>
    private (JsonTape Tape, int List) Tools(JsonTape row)
    {
        int tools = row.Find(0, "tools"u8);
        return tools >= 0 && row[tools].Kind == JsonKind.String && _tools.Scan(row, tools)
            ? (_tools.Tape, 0)
            : (row, tools);
    }

    private void NullKeys(JsonTape row, int owner, ReadOnlySpan<byte> except)
    {
        for (int at = owner + 1; row[owner].Kind == JsonKind.Object && at < row[owner].Next; at = row[at + 1].Next)
        {
            if (row[at + 1].Kind == JsonKind.Null && !row.Is(at, except))
            {
                _keys.Add(at);
            }
        }
    }

    private void Call(JsonTape row, int call, JsonTape tape, int tools, bool inMessages)
    {
        int function = row.Find(call, "function"u8);
        int owner = function >= 0 ? function : call;
        if (inMessages)
        {
            NullKeys(row, call, "arguments"u8);
            if (function >= 0)
            {
                NullKeys(row, function, "arguments"u8);
            }
        }

        int arguments = row.Find(owner, "arguments"u8);
        int declared = DeclaredTools.Find(tape, tools, row, row.Find(owner, "name"u8));
        if (arguments >= 0 && row[arguments].Kind == JsonKind.Object)
        {
            InArguments(row, arguments, tape, declared, _keys);
        }
        else if (
            arguments >= 0
            && row[arguments].Kind == JsonKind.String
            && declared >= 0
            && row.Raw(arguments).IndexOf("null"u8) >= 0
            && _text.Scan(row, arguments)
        )
        {
            _inText.Clear();
            InArguments(_text.Tape, 0, tape, declared, _inText);
            if (_inText.Count > 0)
            {
                ByteBuilder json = new();
                Write(_text.Tape, 0, _inText, null, json);
                _texts[arguments] = Encoding.UTF8.GetString(json.Span);
            }
        }
    }

    private static void InValue(JsonTape tape, int value, JsonTape tools, int schema, List<int> found)
    {
        if (tape[value].Kind == JsonKind.Array)
        {
            int items = tools.Present(schema, "items"u8);
            if (schema < 0 || (items >= 0 && !IsFreeForm(tools, items)))
            {
                Each(tape, value, item => InValue(tape, item, tools, items, found));
            }

            return;
        }

        int properties = tools.Present(schema, "properties"u8);
        for (int at = value + 1; tape[value].Kind == JsonKind.Object && at < tape[value].Next; at = tape[at + 1].Next)
        {
            // The tool, too, has the parameters of all tools, null where they are not its own.
            int declared = tools.Present(properties, tape.Raw(at));
            if (tape[at + 1].Kind != JsonKind.Null)
            {
                if (declared < 0 || !IsFreeForm(tools, declared))
                {
                    InValue(tape, at + 1, tools, declared, found);
                }
            }
            else if (declared < 0)
            {
                // A declared parameter may be null on purpose.
                found.Add(at);
            }
        }
    }

    private static bool IsFreeForm(JsonTape tools, int schema) =>
        tools.Present(schema, "properties"u8) < 0 && tools.Present(schema, "items"u8) < 0;

    private static void InSchema(JsonTape tape, int value, bool areNames, List<int> found)
    {
        Each(tape, value, item => InSchema(tape, item, false, found));
        if (tape[value].Kind != JsonKind.Object)
        {
            return;
        }

        bool isPolluted = false;
        for (int at = value + 1; at < tape[value].Next; at = tape[at + 1].Next)
        {
            isPolluted |= tape[at + 1].Kind == JsonKind.Null && (areNames || !MayBeNull(tape, at));
        }

        for (int at = value + 1; at < tape[value].Next; at = tape[at + 1].Next)
        {
            if (tape[at + 1].Kind == JsonKind.Null)
            {
                // "default": null is somebody's word unless other nulls stand beside it.
                if (isPolluted)
                {
                    found.Add(at);
                }
            }
            else if (areNames || !IsData(tape, at))
            {
                InSchema(tape, at + 1, !areNames && HoldsNames(tape, at), found);
            }
        }
    }

    private static bool MayBeNull(JsonTape tape, int keyword) =>
        tape.Is(keyword, "default"u8) || tape.Is(keyword, "const"u8);

    private static bool IsData(JsonTape tape, int keyword) =>
        MayBeNull(tape, keyword) || tape.Is(keyword, "enum"u8) || tape.Is(keyword, "examples"u8);

    private static bool HoldsNames(JsonTape tape, int keyword) =>
        tape.Is(keyword, "properties"u8) || tape.Is(keyword, "$defs"u8) || tape.Is(keyword, "definitions"u8);

    /// <summary>Copies a value without some keys, blanks and all: the model learns JSON text as it is spaced.</summary>
    private static void Write(
        JsonTape tape,
        int value,
        List<int> dropped,
        Dictionary<int, string>? texts,
        ByteBuilder json
    )
    {
        bool isObject = tape[value].Kind == JsonKind.Object;
        if (!isObject && tape[value].Kind != JsonKind.Array)
        {
            if (texts is not null && texts.TryGetValue(value, out string? text))
            {
                json.AddString(text);
            }
            else
            {
                json.Add(tape.RawValue(value));
            }

            return;
        }

        ReadOnlySpan<byte> source = tape.Text.Span;
        int before = tape[value].Start + 1;
        json.Add(source[before - 1]);
        bool any = false;
        for (int at = value + 1; at < tape[value].Next; )
        {
            int inner = isObject ? at + 1 : at;
            int begin = Begin(tape, at);
            if (dropped.BinarySearch(at) < 0)
            {
                json.Add(any || at == value + 1 ? source[before..begin] : []);
                json.Add(source[begin..Begin(tape, inner)]);
                Write(tape, inner, dropped, texts, json);
                any = true;
            }

            before = Begin(tape, inner) + tape.RawValue(inner).Length;
            at = tape[inner].Next;
        }

        json.Add(source[before..(tape[value].Start + tape[value].Length)]);
    }

    private static int Begin(JsonTape tape, int token) =>
        tape[token].Kind is JsonKind.String or JsonKind.Name ? tape[token].Start - 1 : tape[token].Start;
}
