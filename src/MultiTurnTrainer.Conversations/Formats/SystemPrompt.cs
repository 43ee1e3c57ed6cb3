namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Instructions that stand beside the messages, under <c>system</c> or <c>system_prompt</c>: a text or a list of parts.</summary>
internal static class SystemPrompt
{
    /// <summary>The text's token; −1 when there is none or it is empty.</summary>
    public static int Find(JsonTape row)
    {
        int text = Text(row, "system"u8);
        return text >= 0 ? text : Text(row, "system_prompt"u8);
    }

    /// <summary>Whether a list of messages begins with instructions, so that none beside it are read.</summary>
    public static bool IsIn(JsonTape row, int list) =>
        list >= 0
        && row[list].Kind == JsonKind.Array
        && list + 1 < row[list].Next
        && Speech.Role(row, list + 1) is Role.System or Role.Developer;

    /// <summary>Writes it as the first message, unless the messages that follow have one of their own.</summary>
    /// <param name="row">The source.</param>
    /// <param name="output">The row to write to.</param>
    /// <param name="next">What is written next, where it may be a list of messages.</param>
    /// <returns>The name it stood under; empty when there was none.</returns>
    public static string Write(JsonTape row, CanonicalRow output, params ReadOnlySpan<int> next)
    {
        int text = Find(row);
        if (text < 0)
        {
            return "";
        }

        foreach (int list in next)
        {
            if (IsIn(row, list))
            {
                return "";
            }
        }

        output.Begin("system", text);
        output.From(content: text);
        ContentParts.Write(row, text, output);
        return row.String(text - 1);
    }

    private static int Text(JsonTape row, ReadOnlySpan<byte> name)
    {
        int text = row.Find(0, name);
        bool isText = text >= 0 && row[text].Kind == JsonKind.String && row[text].Length > 0;
        bool isParts = text >= 0 && row[text].Kind == JsonKind.Array && row.Length(text) > 0;
        return isText || isParts ? text : -1;
    }
}
