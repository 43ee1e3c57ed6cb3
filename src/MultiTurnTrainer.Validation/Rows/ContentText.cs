namespace MultiTurnTrainer.Validation.Rows;

/// <summary>The text in contents: a string, or a list of parts.</summary>
internal static class ContentText
{
    /// <summary>Whether a content has anything but white space.</summary>
    public static bool HasText(JsonTape tape, int content)
    {
        if (tape[content].Kind == JsonKind.String)
        {
            return !IsBlank(tape.Raw(content));
        }

        if (tape[content].Kind != JsonKind.Array)
        {
            return false;
        }

        for (int part = content + 1; part < tape[content].Next; part = tape[part].Next)
        {
            int text = tape[part].Kind == JsonKind.String ? part : tape.Find(part, "text"u8);
            if (text >= 0 && tape[text].Kind == JsonKind.String && !IsBlank(tape.Raw(text)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the inside of a JSON string is empty or white space, escaped or not.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> raw)
    {
        int at = 0;
        while (at < raw.Length)
        {
            if (raw[at] == (byte)' ')
            {
                at++;
            }
            else if (raw[at] == (byte)'\\' && raw[at + 1] is (byte)'n' or (byte)'t' or (byte)'r')
            {
                at += 2;
            }
            else
            {
                return false;
            }
        }

        return true;
    }
}
