using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Writes a call <c>{"name", "arguments"}</c> as <c>{"id"?, "type": "function", "function": {…}}</c>.</summary>
internal static class ToolCallWriter
{
    public static void Write(JsonTape source, int call, ByteBuilder json)
    {
        if (source.Find(call, "function"u8) is >= 0 and int inner && source[inner].Kind == JsonKind.Object)
        {
            json.Add(source.RawValue(call));
            return;
        }

        json.Add((byte)'{');
        if (source.Find(call, "id"u8) is >= 0 and int id)
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
