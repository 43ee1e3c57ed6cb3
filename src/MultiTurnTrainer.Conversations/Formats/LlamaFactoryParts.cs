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
        for (int part = content + 1; part < row[content].Next; part = row[part].Next)
        {
            output.LeaveOut(row, part, "type", "value", "text");
        }

        Weights(row, content, output);
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

    /// <summary>Writes the weights of text parts as ranges of the joined text; other parts weigh what their message does.</summary>
    private static void Weights(JsonTape row, int content, CanonicalRow output)
    {
        ByteBuilder? json = null;
        int end = 0;
        for (int part = content + 1; part < row[content].Next; part = row[part].Next)
        {
            int start = end;
            bool isText = IsType(row, part, "text"u8);
            end += isText ? row.String(Value(row, part)).EnumerateRunes().Count() : 0;
            if (SupervisionReader.Find(row, part) < 0)
            {
                continue;
            }

            if (!isText)
            {
                output.Refuse(new Refusal("a weight on a part that is no text: give it to the message", part));
            }
            else if (end > start)
            {
                json = json is null ? output.Key("training_detail"u8).Add((byte)'[') : json.Add((byte)',');
                json.Add(Encoding.UTF8.GetBytes(Invariant($"{{\"begin_offset\":{start},\"end_offset\":{end - 1}")));
                Weight(row, part, json);
                json.Add((byte)'}');
            }
        }

        json?.Add((byte)']');
    }

    private static void Weight(JsonTape row, int part, ByteBuilder json)
    {
        for (int at = part + 1; at < row[part].Next; at = row[at + 1].Next)
        {
            if (SupervisionReader.IsKey(row.Raw(at)))
            {
                json.Add(",\""u8).Add(row.Raw(at)).Add("\":"u8).Add(row.RawValue(at + 1));
            }
        }
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
                json.Add("{\"type\":\"text\",\"text\":"u8).Add(row.RawValue(value));
                Weight(row, part, json);
                json.Add((byte)'}');
            }
            else
            {
                json.Add(row.RawValue(part));
            }
        }

        json.Add((byte)']');
    }
}
