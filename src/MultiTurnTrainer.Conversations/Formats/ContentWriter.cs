namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Writes contents. What an answer's text holds beside its words goes where templates read it: calls printed as text to
/// <c>tool_calls</c>, and with <see cref="ConversionOptions.Normalise"/> a leading <c>&lt;think&gt;</c> block to
/// <c>reasoning_content</c>.
/// </summary>
internal static class ContentWriter
{
    /// <summary>Writes the content of a message or turn, whose other keys say whether reasoning and calls stand there.</summary>
    public static void Write(
        JsonTape row,
        int message,
        int content,
        Role role,
        CanonicalRow output,
        ConversionOptions options
    )
    {
        // Ranges count from the first character of the content as it stands.
        bool hasRanges = row.Present(message, "training_detail"u8) >= 0;
        bool hasReasoning =
            row.Present(message, "reasoning_content"u8) >= 0
            || row.Present(message, "thinking"u8) >= 0
            || row.Present(message, "reasoning"u8) >= 0;
        bool hasCalls = row.Present(message, "tool_calls"u8) >= 0 || row.Present(message, "function_call"u8) >= 0;
        Write(row, content, role, output, options.Normalise && !hasReasoning && !hasRanges, !hasCalls && !hasRanges);
    }

    /// <summary>Writes a content that stands by itself.</summary>
    public static void Write(JsonTape row, int content, Role role, CanonicalRow output, ConversionOptions options) =>
        Write(row, content, role, output, options.Normalise, takeCalls: true);

    /// <summary>The two halves of a text that begins with a closed think block; null for any other.</summary>
    public static (string Reasoning, string Answer)? SplitReasoning(string text)
    {
        const string open = "<think>";
        const string close = "</think>";
        string trimmed = text.TrimStart();
        if (!trimmed.StartsWith(open, StringComparison.Ordinal))
        {
            return null;
        }

        int end = trimmed.IndexOf(close, StringComparison.Ordinal);
        return end < 0 ? null : (trimmed[open.Length..end].Trim('\n'), trimmed[(end + close.Length)..].TrimStart('\n'));
    }

    private static void Write(
        JsonTape row,
        int content,
        Role role,
        CanonicalRow output,
        bool takeReasoning,
        bool takeCalls
    )
    {
        output.From(content: content);
        bool isText = row[content].Kind == JsonKind.String;
        int text = isText ? content : ContentParts.OnlyText(row, content);
        bool mayCall = text >= 0 && HermesText.MayHold(row, text);
        if (role == Role.Assistant && ((isText && takeReasoning) || (takeCalls && mayCall)))
        {
            Answer(row, content, row.String(text), output, takeReasoning, takeCalls && mayCall);
        }
        else if (role == Role.Tool && mayCall && HermesText.Results(row.String(text)) is [var result])
        {
            output.Text("content"u8, result);
            output.Rewrites.Add("printed-results");
        }
        else
        {
            ContentParts.Write(row, content, output);
        }
    }

    private static void Answer(
        JsonTape row,
        int content,
        string text,
        CanonicalRow output,
        bool takeReasoning,
        bool takeCalls
    )
    {
        bool isWhole = true;
        if (takeReasoning && SplitReasoning(text) is var (reasoning, answer))
        {
            output.Text("reasoning_content"u8, reasoning);
            output.Rewrites.Add("inline-think");
            (text, isWhole) = (answer, false);
        }

        if (takeCalls && HermesText.Calls(text) is var (words, calls))
        {
            output.Text("content"u8, words);
            output.Rewrites.Add("printed-calls");
            ByteBuilder json = output.Key("tool_calls"u8).Add((byte)'[');
            for (int i = 0; i < calls.Count; i++)
            {
                ToolCallWriter.WriteText(calls[i], new JsonTape(), json, first: i == 0);
            }

            json.Add((byte)']');
        }
        else if (isWhole)
        {
            output.Raw("content"u8, row.RawValue(content));
        }
        else
        {
            output.Text("content"u8, text);
        }
    }
}
