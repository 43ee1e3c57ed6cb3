namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Calls and results as Hermes, Qwen and others print them into texts: <c>&lt;tool_call>{"name", "arguments"}&lt;/tool_call></c>
/// at the end of an answer, <c>&lt;tool_response>…&lt;/tool_response></c> around a result.
/// </summary>
internal static class HermesText
{
    /// <summary>Whether a string token may hold such text. Allocates nothing.</summary>
    public static bool MayHold(JsonTape row, int token)
    {
        ReadOnlySpan<byte> raw = row.Raw(token);
        int at = raw.IndexOf("tool_"u8);
        // The bracket may stand as \u003c.
        return at > 0 && (raw.IndexOf("<tool_"u8) >= 0 || (row[token].Flags & JsonFlags.UnicodeEscape) != 0);
    }

    /// <summary>The words of an answer and the calls behind them; null when it ends otherwise or a call is not JSON.</summary>
    public static (string Words, IReadOnlyList<string> Calls)? Calls(string text)
    {
        int thought = text.LastIndexOf("</think>", StringComparison.Ordinal);
        int first = text.IndexOf("<tool_call>", Math.Max(thought, 0), StringComparison.Ordinal);
        return first >= 0 && Blocks(text[first..], "tool_call") is { } calls && calls.TrueForAll(IsCall)
            ? (text[..first].TrimEnd(), calls)
            : null;
    }

    /// <summary>The results in a tool's text; null when it holds something else.</summary>
    public static IReadOnlyList<string>? Results(string text) => Blocks(text, "tool_response");

    private static List<string>? Blocks(string text, string name)
    {
        string open = $"<{name}>";
        string close = $"</{name}>";
        List<string> blocks = [];
        string rest = text.Trim();
        while (rest.Length > 0)
        {
            int end = rest.IndexOf(close, StringComparison.Ordinal);
            if (end < 0 || !rest.StartsWith(open, StringComparison.Ordinal))
            {
                return null;
            }

            blocks.Add(rest[open.Length..end].Trim());
            rest = rest[(end + close.Length)..].TrimStart();
        }

        return blocks.Count > 0 ? blocks : null;
    }

    private static bool IsCall(string text)
    {
        JsonTape call = new();
        return call.Scan(Encoding.UTF8.GetBytes(text))
            && call.Find(0, "name"u8) is >= 0 and int name
            && call[name].Kind == JsonKind.String;
    }
}
