using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Views;

/// <summary>
/// A line of <c>mtt render</c>: the text and its spans in code points, cut where supervision begins and ends, neighbours of one
/// origin joined.
/// </summary>
public static class RenderedLine
{
    /// <summary>Adds <c>text</c> and <c>spans</c>, and <c>refusals</c> where there are any; or <c>error</c> and where it is.</summary>
    /// <returns>Whether the template took the conversation.</returns>
    public static bool Add(JsonFields line, RowRenderer renderer, Conversation conversation, bool addGenerationPrompt)
    {
        try
        {
            MaskedText masked = renderer.Render(conversation, addGenerationPrompt);
            line["text"] = masked.Rendered.Text;
            line["spans"] = Spans(masked);
            if (masked.Refusals.Count > 0)
            {
                line["refusals"] = masked.Refusals.Select(refusal => new
                {
                    message = refusal.Message,
                    code = refusal.Code,
                    reason = refusal.Reason,
                });
            }

            return true;
        }
        catch (TemplateException problem)
        {
            line["error"] = problem.KindName;
            line["message"] = problem.Message;
            line["line"] = problem.Line;
            line["column"] = problem.Column;
            return false;
        }
    }

    private static IEnumerable<object> Spans(MaskedText masked)
    {
        int chars = 0;
        int points = 0;
        foreach ((RenderedSpan span, bool supervised) in Joined(Cut(masked)))
        {
            int start = points;
            points += CountPoints(masked.Rendered.Text.AsSpan(chars, span.End - chars));
            chars = span.End;
            yield return new
            {
                start,
                end = points,
                origin = span.Origin.Path,
                context = span.Context < 0 ? null : (int?)span.Context,
                supervised,
                line = span.Line,
            };
        }
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
