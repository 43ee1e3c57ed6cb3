using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Writes LLaMA-Factory's parts: texts joined to <c>content</c>, reasoning to <c>reasoning_content</c>, calls to
/// <c>tool_calls</c>. A message with media keeps its parts, for the rules to find.
/// </summary>
internal static class LlamaFactoryParts
{
    public static void Write(JsonTape row, int content, CanonicalRow output)
    {
        if (HasMedia(row, content))
        {
            Parts(row, content, output);
            return;
        }

        if (Joined(row, content, "reasoning"u8, out ByteBuilder reasoning))
        {
            output.Raw("reasoning_content"u8, reasoning.Span);
        }

        Joined(row, content, "text"u8, out ByteBuilder text);
        output.Raw("content"u8, text.Span);
        Calls(row, content, output);
    }

    private static bool IsType(JsonTape row, int part, ReadOnlySpan<byte> type) =>
        row.Find(part, "type"u8) is >= 0 and int found && row.Is(found, type);

    private static int Value(JsonTape row, int part)
    {
        int value = row.Find(part, "value"u8);
        return value >= 0 ? value : row.Find(part, "text"u8);
    }

    private static bool HasMedia(JsonTape row, int content)
    {
        for (int part = content + 1; part < row[content].Next; part = row[part].Next)
        {
            bool known =
                IsType(row, part, "text"u8) || IsType(row, part, "reasoning"u8) || IsType(row, part, "tool_call"u8);
            int value = known ? Value(row, part) : -1;
            if (value < 0 || row[value].Kind != JsonKind.String)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Joined(JsonTape row, int content, ReadOnlySpan<byte> type, out ByteBuilder json)
    {
        json = new ByteBuilder();
        json.Add((byte)'"');
        bool any = false;
        for (int part = content + 1; part < row[content].Next; part = row[part].Next)
        {
            if (IsType(row, part, type))
            {
                json.Add(row.Raw(Value(row, part)));
                any = true;
            }
        }

        json.Add((byte)'"');
        return any;
    }

    private static void Calls(JsonTape row, int content, CanonicalRow output)
    {
        ByteBuilder? json = null;
        JsonTape inner = new();
        for (int part = content + 1; part < row[content].Next; part = row[part].Next)
        {
            if (!IsType(row, part, "tool_call"u8))
            {
                continue;
            }

            bool first = json is null;
            json ??= output.Key("tool_calls"u8).Add((byte)'[');
            string text = row.String(Value(row, part));
            ToolCallWriter.WriteText(text, inner, json, first);
        }

        json?.Add((byte)']');
    }

    private static void Parts(JsonTape row, int content, CanonicalRow output)
    {
        ByteBuilder json = output.Key("content"u8).Add((byte)'[');
        for (int part = content + 1; part < row[content].Next; part = row[part].Next)
        {
            json.Add(part == content + 1 ? [] : ","u8);
            int value = IsType(row, part, "text"u8) ? Value(row, part) : -1;
            if (value >= 0)
            {
                json.Add("{\"type\":\"text\",\"text\":"u8).Add(row.RawValue(value)).Add((byte)'}');
            }
            else
            {
                json.Add(row.RawValue(part));
            }
        }

        json.Add((byte)']');
    }
}
