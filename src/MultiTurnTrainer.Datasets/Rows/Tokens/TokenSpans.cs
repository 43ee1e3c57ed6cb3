using System.Runtime.CompilerServices;

namespace MultiTurnTrainer.Datasets.Rows.Tokens;

/// <summary>
/// The tokens of a text with their places in its UTF-8 bytes, kept in arrays that are used again for every row. An added
/// token may take whitespace around it: <c>Start</c> and <c>End</c> leave that out, <c>TakenEnd</c> has it.
/// </summary>
internal sealed class TokenSpans
{
    private int[] _ids = new int[1024];
    private int[] _starts = new int[1024];
    private int[] _ends = new int[1024];
    private int[] _takenEnds = new int[1024];
    private readonly List<int> _added = [];

    /// <summary>How many tokens there are.</summary>
    public int Count { get; private set; }

    /// <summary>Token ids.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>First byte of each token.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Count);

    /// <summary>One past each token's last byte.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>One past the last byte that a token takes, whitespace behind it included.</summary>
    public ReadOnlySpan<int> TakenEnds => _takenEnds.AsSpan(0, Count);

    /// <summary>Places in the list of the added tokens that were marked, ascending.</summary>
    public IReadOnlyList<int> Added => _added;

    public void Clear()
    {
        Count = 0;
        _added.Clear();
    }

    /// <summary>Says that the token that is added next is an added token of the tokenizer.</summary>
    public void MarkAdded() => _added.Add(Count);

    /// <summary>Makes room for more tokens.</summary>
    public void Reserve(int more)
    {
        if (Count + more <= _ids.Length)
        {
            return;
        }

        int length = Math.Max(Count + more, _ids.Length * 2);
        Array.Resize(ref _ids, length);
        Array.Resize(ref _starts, length);
        Array.Resize(ref _ends, length);
        Array.Resize(ref _takenEnds, length);
    }

    public void Add(int id, int start, int end)
    {
        Reserve(1);
        AddReserved(id, start, end);
    }

    /// <summary>The same where <see cref="Reserve"/> has made room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddReserved(int id, int start, int end)
    {
        int at = Count;
        _ids[at] = id;
        _starts[at] = start;
        _ends[at] = end;
        _takenEnds[at] = end;
        Count = at + 1;
    }

    /// <summary>Gives the last token the whitespace up to a byte.</summary>
    public void ExtendLast(int takenEnd) => _takenEnds[Count - 1] = takenEnd;

    /// <summary>Moves all tokens by a number of bytes.</summary>
    public void Shift(int offset)
    {
        for (int i = 0; offset != 0 && i < Count; i++)
        {
            _starts[i] += offset;
            _ends[i] += offset;
            _takenEnds[i] += offset;
        }
    }

    /// <summary>Appends tokens of another list.</summary>
    /// <param name="other">The tokens to append.</param>
    /// <param name="first">The first of them to take.</param>
    public void Append(TokenSpans other, int first)
    {
        for (int i = first; i < other.Count; i++)
        {
            Add(other._ids[i], other._starts[i], other._ends[i]);
            ExtendLast(other._takenEnds[i]);
        }
    }

    /// <summary>The first token that begins at a byte or behind it.</summary>
    public int FirstFrom(int position)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_starts[middle] < position)
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

    /// <summary>Whether a token lies across a byte, whitespace that it takes included.</summary>
    public bool TakesAcross(int position) => Crosses(position, TakenEnds);

    /// <summary>Whether a token's own characters lie across a byte.</summary>
    public bool LiesAcross(int position) => Crosses(position, Ends);

    private bool Crosses(int position, ReadOnlySpan<int> ends)
    {
        // The first token that ends behind the position; tokens of one character's bytes share no ends.
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (ends[middle] <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < Count && _starts[low] < position;
    }
}
