namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>
/// The word triples of many rows, in sorted order, and how similar they are. Of a row with more than
/// <see cref="MostOfARow"/> the lowest hashes are kept, an even sample; where memory is short the sample of long rows
/// becomes smaller, never that of short ones.
/// </summary>
/// <param name="maxTriples">Most triples held.</param>
internal sealed class TripleStore(long maxTriples)
{
    private const int BlockBits = 22;
    private const int BlockLength = 1 << BlockBits;
    private const int LeastSample = 64;

    // A row lies within one block: its length, then its triples.
    private readonly List<uint[]> _blocks = [];
    private long[] _starts = new long[1 << 10];
    private long _end;

    /// <summary>Rows held.</summary>
    public int Count { get; private set; }

    /// <summary>Triples held, more or less.</summary>
    public long Triples => _end;

    /// <summary>Triples kept of one row.</summary>
    public int MostOfARow { get; private set; } = 1 << 12;

    /// <summary>Whether the samples must become smaller before another row is added.</summary>
    public bool IsCrowded => _end >= maxTriples;

    /// <summary>Whether the samples are as small as they may be.</summary>
    public bool IsSparse => MostOfARow <= LeastSample;

    /// <summary>The triples kept of a row.</summary>
    public ReadOnlySpan<uint> this[int row]
    {
        get
        {
            uint[] block = _blocks[(int)(_starts[row] >> BlockBits)];
            int start = (int)_starts[row] & (BlockLength - 1);
            return block.AsSpan(start + 1, (int)block[start]);
        }
    }

    /// <summary>What is kept of a row's triples.</summary>
    public ReadOnlySpan<uint> Sample(ReadOnlySpan<uint> triples) => triples[..Math.Min(triples.Length, MostOfARow)];

    /// <summary>Adds a row.</summary>
    /// <returns>Its number.</returns>
    public int Add(ReadOnlySpan<uint> sample)
    {
        if (Count == _starts.Length)
        {
            Array.Resize(ref _starts, Count * 2);
        }

        _starts[Count] = Put(sample);
        return Count++;
    }

    /// <summary>Halves what is kept of long rows.</summary>
    public void Halve()
    {
        MostOfARow /= 2;
        _end = 0;
        for (int row = 0; row < Count; row++)
        {
            // Never beyond the place where it stood.
            _starts[row] = Put(Sample(this[row]));
        }

        int used = (int)((_end + BlockLength - 1) >> BlockBits);
        _blocks.RemoveRange(used, _blocks.Count - used);
    }

    /// <summary>The Jaccard similarity of a sample and a row, as far as both are known.</summary>
    public double Similarity(ReadOnlySpan<uint> sample, int row)
    {
        ReadOnlySpan<uint> other = this[row];
        if (sample.Length == MostOfARow || other.Length == MostOfARow)
        {
            uint known = Math.Min(Known(sample), Known(other));
            sample = UpTo(sample, known);
            other = UpTo(other, known);
        }

        int shared = 0;
        for (int i = 0, j = 0; i < sample.Length && j < other.Length; )
        {
            (uint one, uint two) = (sample[i], other[j]);
            shared += one == two ? 1 : 0;
            i += one <= two ? 1 : 0;
            j += two <= one ? 1 : 0;
        }

        return (double)shared / (sample.Length + other.Length - shared);
    }

    private uint Known(ReadOnlySpan<uint> sample) => sample.Length == MostOfARow ? sample[^1] : uint.MaxValue;

    private static ReadOnlySpan<uint> UpTo(ReadOnlySpan<uint> sorted, uint known)
    {
        int found = sorted.BinarySearch(known);
        return sorted[..(found < 0 ? ~found : found + 1)];
    }

    private long Put(ReadOnlySpan<uint> sample)
    {
        int start = (int)_end & (BlockLength - 1);
        if (start + 1 + sample.Length > BlockLength)
        {
            _end += BlockLength - start;
            start = 0;
        }

        int index = (int)(_end >> BlockBits);
        if (index == _blocks.Count)
        {
            _blocks.Add(new uint[BlockLength]);
        }

        sample.CopyTo(_blocks[index].AsSpan(start + 1));
        _blocks[index][start] = (uint)sample.Length;
        long at = _end;
        _end += 1 + sample.Length;
        return at;
    }
}
