namespace MultiTurnTrainer.Context.Persona;

/// <summary>The words of an answer, without its code.</summary>
internal static class ToneWords
{
    /// <summary>An answer without blocks and spans of code.</summary>
    public static string Prose(string text)
    {
        StringBuilder prose = new();
        string[] parts = text.Split("```");
        for (int i = 0; i < parts.Length; i += 2)
        {
            string[] pieces = parts[i].Split('`');
            for (int j = 0; j < pieces.Length; j += 2)
            {
                prose.Append(pieces[j]).Append(' ');
            }
        }

        return prose.ToString();
    }

    /// <summary>The words, in lower case; a Chinese, Japanese or Korean character is one.</summary>
    public static IEnumerable<string> Of(string text)
    {
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            char c = i < text.Length ? text[i] : ' ';
            bool isAlone = c is >= '\u3040' and <= '\u9fff' or >= '\uac00' and <= '\ud7af';
            if (!isAlone && (char.IsLetterOrDigit(c) || c is '\'' or '’'))
            {
                start = start < 0 ? i : start;
                continue;
            }

            if (start >= 0)
            {
                yield return text[start..i].Replace('’', '\'').ToLowerInvariant();
                start = -1;
            }

            if (isAlone)
            {
                yield return c.ToString();
            }
        }
    }
}
