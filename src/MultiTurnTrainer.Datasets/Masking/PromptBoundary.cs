namespace MultiTurnTrainer.Datasets.Masking;

/// <summary>Finds where the prompt ends and the answer begins: by the generation prompt, laid over the answer's block.</summary>
internal static class PromptBoundary
{
    /// <summary>The first position of the answer.</summary>
    /// <param name="text">The rendered text.</param>
    /// <param name="block">The spans of the answer's block, in order.</param>
    /// <param name="message">The answer's index.</param>
    /// <param name="prompt">The generation prompt.</param>
    public static int Find(string text, IReadOnlyList<RenderedSpan> block, int message, string prompt)
    {
        int start = block[0].Start;
        (int end, bool complete) = Longest(text, start, block[^1].End, prompt);
        if (complete)
        {
            return end;
        }

        // A part of the prompt stops before the answer's own words, and does not cut a marker in two: the marker is the
        // answer's.
        return BeforeMarker(text, start, Math.Max(start, Math.Min(end, FirstWord(block, message))));
    }

    /// <summary>
    /// The same for an answer that opens the conversation: what the template prints once, such as the token that begins a
    /// text or a system message of its own, stands before the header too.
    /// </summary>
    public static int FindOpening(string text, IReadOnlyList<RenderedSpan> block, int message, string prompt)
    {
        int start = Find(text, block, message, prompt);
        int word = FirstWord(block, message);
        if (word > block[^1].End)
        {
            return start;
        }

        bool isFound = prompt.Length == 0 || Longest(text, block[0].Start, block[^1].End, prompt).Complete;
        for (int at = block[0].Start; at < word && !isFound; at++)
        {
            int common = text.AsSpan(at..word).CommonPrefixLength(prompt);
            isFound = common == prompt.Length || common == word - at;
            start = isFound ? at + common : start;
        }

        // Outside the loop only its words make a text the message's: a blank before them is the header's.
        bool isBlank = prompt.Length > 0 && start < word && text.AsSpan(start..word).IsWhiteSpace();
        RenderedSpan first = block.First(span => span.End > start);
        return isBlank && (first.Traits & SpanTraits.OutsideLoop) != 0 ? word : start;
    }

    /// <summary>Where the first of the answer's own words stands; far behind the block when there is none.</summary>
    private static int FirstWord(IReadOnlyList<RenderedSpan> block, int message)
    {
        foreach (RenderedSpan span in block)
        {
            if (span.Origin.MessageIndex == message && span.Origin.Field != MessageField.Role)
            {
                return span.Start;
            }
        }

        return int.MaxValue;
    }

    /// <summary>
    /// The end of the longest beginning of the prompt that stands here; it may begin before the block, since some
    /// templates print the header while the message before is being emitted. Of equally long ones, the one that takes
    /// most of the block.
    /// </summary>
    private static (int End, bool Complete) Longest(string text, int start, int blockEnd, string prompt)
    {
        int best = 0;
        int end = start;
        for (int before = Math.Min(prompt.Length, start); before >= 0; before--)
        {
            if (
                before > 0
                && (
                    text[start - 1] != prompt[before - 1]
                    || !text.AsSpan(start - before, before).SequenceEqual(prompt.AsSpan(0, before))
                )
            )
            {
                continue;
            }

            int inside = text.AsSpan(start, blockEnd - start).CommonPrefixLength(prompt.AsSpan(before));
            if (before + inside >= best)
            {
                best = before + inside;
                end = start + inside;
            }
        }

        return (end, best == prompt.Length);
    }

    private static int BeforeMarker(string text, int start, int end)
    {
        for (int i = end - 1; i >= start; i--)
        {
            char c = text[i];
            if (c is '>' or ']' || char.IsWhiteSpace(c))
            {
                return end;
            }

            if (c is '<' or '[')
            {
                return Closes(text, end, c == '<' ? '>' : ']') ? i : end;
            }
        }

        return end;
    }

    private static bool Closes(string text, int from, char close)
    {
        for (int i = from; i < text.Length; i++)
        {
            if (text[i] == close)
            {
                return true;
            }

            if (text[i] is '<' or '[' || char.IsWhiteSpace(text[i]))
            {
                return false;
            }
        }

        return false;
    }
}
