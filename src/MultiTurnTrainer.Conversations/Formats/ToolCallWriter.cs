namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Writes a call <c>{"name", "arguments"}</c> as <c>{"id"?, "type": "function", "function": {…}}</c>.</summary>
internal static class ToolCallWriter
{
    /// <summary>Writes the calls that a text holds as JSON.</summary>
    /// <param name="text">One call, or a list of calls.</param>
    /// <param name="inner">A tape to use.</param>
    /// <param name="json">Where to write.</param>
    /// <param name="first">Whether nothing stands before it in its list.</param>
    public static void WriteText(string text, JsonTape inner, ByteBuilder json, bool first)
    {
        if (inner.Scan(Encoding.UTF8.GetBytes(text)) || inner.Scan(Encoding.UTF8.GetBytes(Requoted(text))))
        {
            WriteAll(inner, json, first);
        }
        else
        {
            WriteBroken(text, json, first);
        }
    }

    /// <summary>Glaive puts the arguments between single quotes: <c>{"name": "f", "arguments": '{"a": 1}'}</c>.</summary>
    private static string Requoted(string text)
    {
        const string key = "\"arguments\":";
        int at = text.IndexOf(key, StringComparison.Ordinal) + key.Length;
        int open = at < key.Length ? -1 : text.IndexOf('\'', at);
        int close = text.LastIndexOf('\'');
        return open >= 0 && close > open && string.IsNullOrWhiteSpace(text[at..open])
            ? string.Concat(text.AsSpan(0, open), text.AsSpan((open + 1)..close), text.AsSpan(close + 1))
            : text;
    }

    /// <summary>Writes one call, or every call of a list.</summary>
    public static void WriteAll(JsonTape source, ByteBuilder json, bool first)
    {
        int start = source[0].Kind == JsonKind.Array ? 1 : 0;
        for (int call = start; call < source[0].Next; call = source[call].Next)
        {
            json.Add(first ? [] : ","u8);
            Write(source, call, json);
            first = false;
        }
    }

    /// <summary>Keeps a call that is not JSON whole, as the arguments of a nameless call, for the rules to find.</summary>
    private static void WriteBroken(string text, ByteBuilder json, bool first) =>
        json.Add(first ? [] : ","u8)
            .Add("{\"type\":\"function\",\"function\":{\"name\":\"\",\"arguments\":"u8)
            .AddString(text)
            .Add("}}"u8);

    /// <summary>Writes one call; what it says beside its function stays beside it.</summary>
    public static void Write(JsonTape source, int call, ByteBuilder json)
    {
        bool isWrapped = source.Find(call, "function"u8) is >= 0 and int inner && source[inner].Kind == JsonKind.Object;
        if (isWrapped || source[call].Kind != JsonKind.Object)
        {
            json.Add(source.RawValue(call));
            return;
        }

        int name = source.Find(call, "name"u8);
        int arguments = source.Find(call, "arguments"u8);
        arguments = arguments >= 0 ? arguments : source.Find(call, "parameters"u8);
        json.Add((byte)'{');
        for (int at = call + 1; at < source[call].Next; at = source[at + 1].Next)
        {
            bool isFunction = at + 1 == name || at + 1 == arguments || source.Is(at, "type"u8);
            if (!isFunction && source[at + 1].Kind != JsonKind.Null)
            {
                json.Add(source.RawValue(at)).Add((byte)':').Add(source.RawValue(at + 1)).Add((byte)',');
            }
        }

        json.Add("\"type\":\"function\",\"function\":{\"name\":"u8)
            .Add(name >= 0 ? source.RawValue(name) : "\"\""u8)
            .Add(",\"arguments\":"u8)
            .Add(arguments >= 0 && source[arguments].Kind != JsonKind.Null ? source.RawValue(arguments) : "{}"u8)
            .Add("}}"u8);
    }
}
