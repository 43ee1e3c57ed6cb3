namespace MultiTurnTrainer.Templates.Values;

/// <summary>Between UTF-16 positions and Python's code points.</summary>
internal static class CodePoints
{
    /// <summary>The number of code points.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        int first = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        if (first < 0)
        {
            return text.Length;
        }

        int count = text.Length;
        for (int i = first; i < text.Length - 1; i++)
        {
            if (char.IsHighSurrogate(text[i]) && char.IsLowSurrogate(text[i + 1]))
            {
                count--;
                i++;
            }
        }

        return count;
    }

    /// <summary>How many UTF-16 units the code point at a position takes.</summary>
    public static int WidthAt(string text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    /// <summary>The UTF-16 position of a code point.</summary>
    /// <param name="text">The text.</param>
    /// <param name="index">The code point's index, up to and including the length.</param>
    /// <param name="length">The length of the text in code points.</param>
    public static int ToUtf16(string text, int index, int length)
    {
        if (length == text.Length)
        {
            return index;
        }

        RenderBudget.Spend(index / 3);
        int at = 0;
        for (int i = 0; i < index; i++)
        {
            at += WidthAt(text, at);
        }

        return at;
    }

    /// <summary>The code point at a UTF-16 position; a lone surrogate is its own code point.</summary>
    public static int At(string text, int at) =>
        WidthAt(text, at) == 2 ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at];
}
