namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Writes lists of parts so that templates read them: a plain string, a part without <c>type</c> and the Responses API's
/// <c>input_text</c> and <c>output_text</c> are <c>{"type": "text", "text": …}</c>.
/// </summary>
internal static class ContentParts
{
    /// <summary>Whether a list holds a part that templates would pass over.</summary>
    public static bool AnyForeign(JsonTape row, int list)
    {
        for (int part = list + 1; part < row[list].Next; part = row[part].Next)
        {
            if (IsForeign(row, part))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The text of a list of one text part that says nothing else; −1 for any other content.</summary>
    public static int OnlyText(JsonTape row, int content)
    {
        int part = content + 1;
        if (row[content].Kind != JsonKind.Array || part >= row[content].Next || row[part].Next != row[content].Next)
        {
            return -1;
        }

        int text = row[part].Kind == JsonKind.String ? part : row.Find(part, "text"u8);
        bool isAll = row.Length(part) <= 2 && SupervisionReader.Find(row, part) < 0;
        return isAll && text >= 0 && row[text].Kind == JsonKind.String ? text : -1;
    }

    /// <summary>Whether a list is one text that may hold a printed call or result.</summary>
    public static bool MayCall(JsonTape row, int content) =>
        OnlyText(row, content) is >= 0 and int text && HermesText.MayHold(row, text);

    /// <summary>Writes a content: a list of parts, or any other value as it is.</summary>
    public static void Write(JsonTape row, int content, CanonicalRow output)
    {
        if (row[content].Kind != JsonKind.Array || !AnyForeign(row, content))
        {
            output.Raw("content"u8, row.RawValue(content));
            return;
        }

        ByteBuilder json = output.Key("content"u8).Add((byte)'[');
        for (int part = content + 1; part < row[content].Next; part = row[part].Next)
        {
            json.Add(part > content + 1 ? ","u8 : []);
            if (IsForeign(row, part))
            {
                Part(row, part, json);
            }
            else
            {
                json.Add(row.RawValue(part));
            }
        }

        json.Add((byte)']');
    }

    private static bool IsForeign(JsonTape row, int part)
    {
        if (row[part].Kind == JsonKind.String)
        {
            return true;
        }

        int text = row.Find(part, "text"u8);
        int type = row.Find(part, "type"u8);
        return text >= 0
            && row[text].Kind == JsonKind.String
            && (
                type < 0
                || row[type].Kind == JsonKind.Null
                || row.Is(type, "input_text"u8)
                || row.Is(type, "output_text"u8)
            );
    }

    private static void Part(JsonTape row, int part, ByteBuilder json)
    {
        json.Add("{\"type\":\"text\""u8);
        if (row[part].Kind == JsonKind.String)
        {
            json.Add(",\"text\":"u8).Add(row.RawValue(part)).Add((byte)'}');
            return;
        }

        for (int at = part + 1; at < row[part].Next; at = row[at + 1].Next)
        {
            if (!row.Is(at, "type"u8))
            {
                json.Add((byte)',').Add(row.RawValue(at)).Add((byte)':').Add(row.RawValue(at + 1));
            }
        }

        json.Add((byte)'}');
    }
}
