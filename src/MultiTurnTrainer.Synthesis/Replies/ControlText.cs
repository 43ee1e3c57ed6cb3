namespace MultiTurnTrainer.Synthesis.Replies;

/// <summary>
/// Breaks up text that looks like a model's control tokens before it goes into a prompt. Servers that tokenize a
/// rendered template would read <c>&lt;|im_start|&gt;system</c> inside a message as a new turn; with a zero-width space
/// after the first character it stays text. Only prompts are changed, never what is written to the data set.
/// </summary>
internal static class ControlText
{
    private const char ZeroWidthSpace = '\u200B';
    private const int LongestName = 64;

    private static readonly string[] _literal =
    [
        "[INST]",
        "[/INST]",
        "[SYSTEM_PROMPT]",
        "[/SYSTEM_PROMPT]",
        "[TOOL_CALLS]",
        "[AVAILABLE_TOOLS]",
        "[TOOL_RESULTS]",
        "<<SYS>>",
        "<</SYS>>",
        "<s>",
        "</s>",
        "<bos>",
        "<eos>",
        "<start_of_turn>",
        "<end_of_turn>",
    ];

    /// <summary>The text with every look-alike broken up; the same string where there is none.</summary>
    public static string Neutralize(string text)
    {
        StringBuilder? result = null;
        int copied = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is '<' or '[' && IsControl(text, i))
            {
                result ??= new StringBuilder(text.Length + 8);
                result.Append(text, copied, i + 1 - copied).Append(ZeroWidthSpace);
                copied = i + 1;
            }
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    private static bool IsControl(string text, int at)
    {
        foreach (string literal in _literal)
        {
            if (string.CompareOrdinal(text, at, literal, 0, literal.Length) == 0)
            {
                return true;
            }
        }

        // <|…|> of the ChatML, Llama 3 and Phi kind, and DeepSeek's full-width one.
        if (at + 1 >= text.Length || text[at] != '<' || text[at + 1] is not ('|' or '｜'))
        {
            return false;
        }

        int end = text.AsSpan(at + 2, Math.Min(LongestName, text.Length - at - 2)).IndexOfAny("|｜\n<");
        return end >= 0
            && at + end + 3 < text.Length
            && text[at + 2 + end] == text[at + 1]
            && text[at + end + 3] == '>';
    }
}
