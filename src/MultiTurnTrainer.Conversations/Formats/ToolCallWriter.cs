using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Writes a call <c>{"name", "arguments"}</c> as <c>{"id"?, "type": "function", "function": {…}}</c>.</summary>
internal static class ToolCallWriter
{
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
    public static void WriteBroken(string text, ByteBuilder json, bool first) =>
        json.Add(first ? [] : ","u8)
            .Add("{\"type\":\"function\",\"function\":{\"name\":\"\",\"arguments\":"u8)
            .AddString(text)
            .Add("}}"u8);

    /// <summary>Writes one call.</summary>
    public static void Write(JsonTape source, int call, ByteBuilder json)
    {
        if (source.Find(call, "function"u8) is >= 0 and int inner && source[inner].Kind == JsonKind.Object)
        {
            json.Add(source.RawValue(call));
            return;
        }

        json.Add((byte)'{');
        int id = source.Find(call, "id"u8);
        if (id >= 0)
        {
            json.Add("\"id\":"u8).Add(source.RawValue(id)).Add((byte)',');
        }

        int name = source.Find(call, "name"u8);
        int arguments = source.Find(call, "arguments"u8);
        arguments = arguments >= 0 ? arguments : source.Find(call, "parameters"u8);
        json.Add("\"type\":\"function\",\"function\":{\"name\":"u8)
            .Add(name >= 0 ? source.RawValue(name) : "\"\""u8)
            .Add(",\"arguments\":"u8)
            .Add(arguments >= 0 ? source.RawValue(arguments) : "{}"u8)
            .Add("}}"u8);
    }
}
