namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Narrows the characters of an answer by fields and by weights inside its content.</summary>
internal static class RangeWeights
{
    /// <summary>The supervised ranges of one message, in order.</summary>
    /// <param name="rendered">The rendered conversation.</param>
    /// <param name="ranges">What the mask rule supervises of the message.</param>
    /// <param name="stop">The stop token that ends it: always kept.</param>
    /// <param name="weight">The message's weight.</param>
    /// <param name="inContent">Weights inside its content, or null.</param>
    /// <param name="message">The message.</param>
    /// <param name="fields">The fields to keep; empty keeps all.</param>
    /// <param name="output">Grows by the ranges.</param>
    public static void Select(
        RenderedText rendered,
        IEnumerable<(int Start, int End)> ranges,
        (int Start, int End) stop,
        float weight,
        ContentWeights? inContent,
        Message message,
        IReadOnlyList<MessageField> fields,
        List<SupervisedRange> output
    )
    {
        if (fields.Count == 0 && inContent is null)
        {
            foreach ((int start, int end) in ranges)
            {
                Append(output, start, end, weight);
            }

            return;
        }

        int[]? codePoints = inContent?.Ranges.Count > 0 ? CodePointIndex(message.Content ?? "") : null;
        foreach ((int start, int end) in ranges)
        {
            for (int i = FirstSpan(rendered.Spans, start); i < rendered.Spans.Count; i++)
            {
                RenderedSpan span = rendered.Spans[i];
                if (span.Start >= end)
                {
                    break;
                }

                int from = Math.Max(start, span.Start);
                int to = Math.Min(end, span.End);
                if (fields.Count > 0 && !fields.Contains(span.Origin.Field))
                {
                    Append(output, Math.Max(from, stop.Start), Math.Min(to, stop.End), weight);
                }
                else if (inContent is null || span.Origin.Field != MessageField.Content)
                {
                    Append(output, from, to, weight);
                }
                else
                {
                    AppendWeighted(output, span, from, to, weight, inContent, codePoints);
                }
            }
        }
    }

    private static void AppendWeighted(
        List<SupervisedRange> output,
        RenderedSpan span,
        int from,
        int to,
        float weight,
        ContentWeights inContent,
        int[]? codePoints
    )
    {
        float part = inContent.Parts.Count > 0 ? PartWeight(span.Origin.Path, inContent.Parts) : 1;
        if (codePoints is null)
        {
            Append(output, from, to, weight * part);
            return;
        }

        for (int at = from; at < to; at++)
        {
            int offset = Math.Min(span.OriginOffset + at - span.Start, codePoints.Length - 1);
            float factor = 1;
            foreach (WeightedRange range in inContent.Ranges)
            {
                factor *= codePoints[offset] >= range.Start && codePoints[offset] < range.End ? range.Weight : 1;
            }

            Append(output, at, at + 1, weight * part * factor);
        }
    }

    // messages[2].content[0].text
    private static float PartWeight(string path, IReadOnlyList<float> parts)
    {
        const string marker = ".content[";
        int at = path.IndexOf(marker, StringComparison.Ordinal);
        int end = at < 0 ? -1 : path.IndexOf(']', at + marker.Length);
        return
            end > 0
            && int.TryParse(
                path.AsSpan(at + marker.Length, end - at - marker.Length),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out int index
            )
            && index < parts.Count
            ? parts[index]
            : 1;
    }

    // For every UTF-16 position, its code point's number.
    private static int[] CodePointIndex(string text)
    {
        int[] index = new int[text.Length + 1];
        int count = 0;
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            for (int i = 0; i < rune.Utf16SequenceLength; i++)
            {
                index[at++] = count;
            }

            count++;
        }

        index[text.Length] = count;
        return index;
    }

    private static int FirstSpan(IReadOnlyList<RenderedSpan> spans, int position)
    {
        int low = 0;
        int high = spans.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (spans[middle].End <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private static void Append(List<SupervisedRange> output, int start, int end, float weight)
    {
        if (start >= end || weight <= 0)
        {
            return;
        }

        if (output.Count > 0 && output[^1].End == start && output[^1].Weight == weight)
        {
            output[^1] = output[^1] with { End = end };
        }
        else
        {
            output.Add(new SupervisedRange(start, end, weight));
        }
    }
}
