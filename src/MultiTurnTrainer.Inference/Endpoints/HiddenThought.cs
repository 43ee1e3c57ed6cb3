namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>
/// Removes what a model thinks to itself, so that it never reaches another role: <c>&lt;think&gt;…&lt;/think&gt;</c>
/// and its spellings, wherever they stand. A thought that is not closed hides everything after it; one that is closed
/// without having been opened (templates that open it in the prompt) hides everything before it. When in doubt, hide.
/// </summary>
internal static class HiddenThought
{
    private static readonly string[] _names = ["think", "thinking", "thought", "thoughts", "reasoning", "scratchpad"];

    /// <summary>The text without its hidden parts.</summary>
    public static string Strip(string text)
    {
        StringBuilder visible = new(text.Length);
        int depth = 0;
        int from = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '<' || Match(text, i) is not (var length and > 0, var closes))
            {
                continue;
            }

            if (!closes)
            {
                if (depth++ == 0)
                {
                    visible.Append(text, from, i - from);
                }
            }
            else if (depth == 0)
            {
                visible.Clear();
            }
            else
            {
                depth--;
            }

            i += length - 1;
            from = i + 1;
        }

        if (depth == 0)
        {
            visible.Append(text, from, text.Length - from);
        }

        return visible.ToString();
    }

    /// <summary>The length of the thought tag at a place (0 where there is none) and whether it closes.</summary>
    private static (int Length, bool Closes) Match(string text, int at)
    {
        bool closes = at + 1 < text.Length && text[at + 1] == '/';
        int start = at + (closes ? 2 : 1);
        foreach (string name in _names)
        {
            int end = start + name.Length;
            if (
                end < text.Length
                && text[end] == '>'
                && text.AsSpan(start, name.Length).Equals(name, StringComparison.OrdinalIgnoreCase)
            )
            {
                return (end + 1 - at, closes);
            }
        }

        return (0, false);
    }
}
