namespace MultiTurnTrainer.Datasets.Masking;

/// <summary>Finds stop tokens that the template wrote: no character of them may come from data.</summary>
internal sealed class StopSearch(RenderedText rendered, IReadOnlyList<string> stops)
{
    private readonly string _text = rendered.Text;
    private readonly IReadOnlyList<RenderedSpan> _spans = rendered.Spans;

    /// <summary>The stop token that ends last within a range.</summary>
    /// <param name="from">The range's start.</param>
    /// <param name="to">The range's end.</param>
    /// <param name="belongs">Whether a span may hold part of it.</param>
    public (int Start, int End)? Last(int from, int to, Func<RenderedSpan, bool> belongs)
    {
        (int Start, int End)? last = null;
        foreach (string stop in stops)
        {
            int end = to;
            while (stop.Length > 0 && end - from >= stop.Length && (last is null || end > last.Value.End))
            {
                int at = _text.LastIndexOf(stop, end - 1, end - from, StringComparison.Ordinal);
                if (at < 0)
                {
                    break;
                }

                if (IsWritten(at, at + stop.Length, belongs))
                {
                    if (last is null || at + stop.Length > last.Value.End)
                    {
                        last = (at, at + stop.Length);
                    }

                    break;
                }

                end = at + stop.Length - 1;
            }
        }

        return last;
    }

    /// <summary>The longest stop token that begins at a position.</summary>
    public (int Start, int End)? At(int position)
    {
        (int Start, int End)? longest = null;
        foreach (string stop in stops)
        {
            if (
                stop.Length > 0
                && string.CompareOrdinal(_text, position, stop, 0, stop.Length) == 0
                && position + stop.Length > (longest?.End ?? 0)
                && IsWritten(position, position + stop.Length, _ => true)
            )
            {
                longest = (position, position + stop.Length);
            }
        }

        return longest;
    }

    /// <summary>Whether letters stand in a range, stop tokens aside.</summary>
    public bool HasWords(int from, int to)
    {
        for (int at = from; at < to; at++)
        {
            if (At(at) is { } stop)
            {
                at = stop.End - 1;
            }
            else if (char.IsLetter(_text[at]))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsWritten(int start, int end, Func<RenderedSpan, bool> belongs)
    {
        for (int i = SpanAt(start); i < _spans.Count && _spans[i].Start < end; i++)
        {
            if (_spans[i].Origin.Kind is not (OriginKind.Literal or OriginKind.Variable) || !belongs(_spans[i]))
            {
                return false;
            }
        }

        return true;
    }

    private int SpanAt(int position)
    {
        int low = 0;
        int high = _spans.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_spans[middle].End <= position)
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
}
