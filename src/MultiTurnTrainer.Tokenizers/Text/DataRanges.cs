namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>Parts of a text that come from data, as byte ranges.</summary>
internal sealed class DataRanges
{
    private readonly (int Start, int End)[] _ranges;

    /// <summary>Converts ranges of UTF-16 units.</summary>
    public DataRanges(string text, IReadOnlyList<Range> ranges)
    {
        _ranges = new (int, int)[ranges.Count];
        int at = 0;
        int bytes = 0;
        for (int i = 0; i < ranges.Count; i++)
        {
            (int start, int length) = ranges[i].GetOffsetAndLength(text.Length);
            bytes += System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(at, start - at));
            int from = bytes;
            bytes += System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(start, length));
            at = start + length;
            _ranges[i] = (from, bytes);
        }
    }

    /// <summary>Whether a range of bytes shares a byte with the data.</summary>
    public bool Touches(int start, int end)
    {
        int low = 0;
        int high = _ranges.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].End <= start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < _ranges.Length && _ranges[low].Start < end;
    }
}
