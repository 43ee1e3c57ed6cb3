namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Writes spans in code points, cut where learning begins and ends, neighbours of one origin joined.</summary>
internal static class SpanWriter
{
    /// <summary>Writes the properties <c>spans</c> and, where there are any, <c>refusals</c>.</summary>
    public static void Write(MaskedText masked, Utf8JsonWriter writer)
    {
        writer.WriteStartArray("spans");
        int chars = 0;
        int points = 0;
        foreach ((RenderedSpan span, bool supervised) in Joined(Cut(masked)))
        {
            int start = points;
            points += CountPoints(masked.Rendered.Text.AsSpan(chars, span.End - chars));
            chars = span.End;
            writer.WriteStartObject();
            writer.WriteNumber("start", start);
            writer.WriteNumber("end", points);
            writer.WriteString("origin", span.Origin.Path);
            if (span.Context < 0)
            {
                writer.WriteNull("context");
            }
            else
            {
                writer.WriteNumber("context", span.Context);
            }

            writer.WriteBoolean("supervised", supervised);
            writer.WriteNumber("line", span.Line);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (masked.Refusals.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("refusals");
        foreach (MaskRefusal refusal in masked.Refusals)
        {
            writer.WriteStartObject();
            writer.WriteNumber("message", refusal.Message);
            writer.WriteString("code", refusal.Code);
            writer.WriteString("reason", refusal.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static IEnumerable<(RenderedSpan Span, bool Supervised)> Cut(MaskedText masked)
    {
        IReadOnlyList<(int Start, int End)> ranges = masked.Supervised;
        int next = 0;
        foreach (RenderedSpan span in masked.Rendered.Spans)
        {
            int at = span.Start;
            while (at < span.End)
            {
                while (next < ranges.Count && ranges[next].End <= at)
                {
                    next++;
                }

                bool supervised = next < ranges.Count && ranges[next].Start <= at;
                int boundary =
                    next == ranges.Count ? span.End
                    : supervised ? ranges[next].End
                    : ranges[next].Start;
                int end = Math.Min(span.End, boundary);
                yield return (
                    span with
                    {
                        Start = at,
                        End = end,
                        OriginOffset = span.OriginOffset + at - span.Start,
                    },
                    supervised
                );
                at = end;
            }
        }
    }

    private static IEnumerable<(RenderedSpan Span, bool Supervised)> Joined(
        IEnumerable<(RenderedSpan Span, bool Supervised)> spans
    )
    {
        (RenderedSpan Span, bool Supervised)? last = null;
        foreach ((RenderedSpan span, bool supervised) in spans)
        {
            if (last is { } before && before.Supervised == supervised && Continues(before.Span, span))
            {
                last = (before.Span with { End = span.End }, supervised);
                continue;
            }

            if (last is { } done)
            {
                yield return done;
            }

            last = (span, supervised);
        }

        if (last is { } rest)
        {
            yield return rest;
        }
    }

    private static bool Continues(RenderedSpan a, RenderedSpan b) =>
        a.Context == b.Context
        && a.Origin.Kind == b.Origin.Kind
        && (
            a.Origin.Kind is OriginKind.Literal or OriginKind.Computed
            || (ReferenceEquals(a.Origin, b.Origin) && a.OriginOffset + a.End - a.Start == b.OriginOffset)
        );

    private static int CountPoints(ReadOnlySpan<char> text)
    {
        int count = text.Length;
        for (int i = 1; i < text.Length; i++)
        {
            if (char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1]))
            {
                count--;
            }
        }

        return count;
    }
}
