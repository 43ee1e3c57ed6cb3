namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>All matches of a pattern and the gaps between them, in order, covering the text.</summary>
internal static class PatternMatches
{
    /// <summary>Adds them to the list, shifted by <paramref name="shift"/>.</summary>
    public static void Find(ITextPattern pattern, ReadOnlySpan<byte> text, int shift, List<TextMatch> matches)
    {
        int previous = 0;
        int lastMatchEnd = -1;
        int from = 0;
        while (from <= text.Length && pattern.TryFind(text, from, out int start, out int end))
        {
            if (start == end && end == lastMatchEnd)
            {
                // An empty match right behind the last one would go on for ever.
                from += from < text.Length ? Utf8.LengthOf(text[from]) : 1;
                continue;
            }

            from = end;
            lastMatchEnd = end;
            if (previous != start)
            {
                matches.Add(new TextMatch(shift + previous, shift + start, false));
            }

            matches.Add(new TextMatch(shift + start, shift + end, true));
            previous = end;
        }

        if (previous != text.Length)
        {
            matches.Add(new TextMatch(shift + previous, shift + text.Length, false));
        }
    }

    /// <summary>The same for a property of single scalars.</summary>
    public static void Find(Func<int, bool> isMatch, ReadOnlySpan<byte> text, int shift, List<TextMatch> matches)
    {
        int previous = 0;
        for (int at = 0; at < text.Length; )
        {
            int scalar = Utf8.Decode(text, at, out int length);
            if (isMatch(scalar))
            {
                if (previous < at)
                {
                    matches.Add(new TextMatch(shift + previous, shift + at, false));
                }

                previous = at + length;
                matches.Add(new TextMatch(shift + at, shift + previous, true));
            }

            at += length;
        }

        if (previous < text.Length)
        {
            matches.Add(new TextMatch(shift + previous, shift + text.Length, false));
        }
    }
}
