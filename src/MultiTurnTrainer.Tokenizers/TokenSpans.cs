namespace MultiTurnTrainer.Tokenizers;

/// <summary>
/// The tokens of a text with their places in its UTF-8 bytes, kept in arrays that are used again for every text. An added
/// token may take whitespace around it: its start and end leave that out.
/// </summary>
public sealed class TokenSpans
{
    private readonly List<int> _added = [];
    private readonly List<(int Token, int End)> _taken = [];
    private int[] _ids = new int[1024];
    private int[] _starts = new int[1024];
    private int[] _ends = new int[1024];

    /// <summary>How many tokens there are.</summary>
    public int Count { get; private set; }

    /// <summary>Token ids.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>First byte of each token, ascending.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Count);

    /// <summary>One past each token's last byte, ascending.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>Places in the list of the added tokens that were marked, ascending.</summary>
    public IReadOnlyList<int> Added => _added;

    /// <summary>Forgets all tokens, keeping the memory.</summary>
    public void Clear()
    {
        Count = 0;
        _added.Clear();
        _taken.Clear();
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
    }

    /// <summary>Adds a token.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="start">Its first byte.</param>
    /// <param name="end">One past its last byte.</param>
    public void Add(int id, int start, int end)
    {
        Reserve(1);
        AddReserved(id, start, end);
    }

    /// <summary>The same where <see cref="Reserve"/> has made room.</summary>
    /// <inheritdoc cref="Add"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddReserved(int id, int start, int end)
    {
        int at = Count;
        _ids[at] = id;
        _starts[at] = start;
        _ends[at] = end;
        Count = at + 1;
    }

    /// <summary>Gives the last token the whitespace up to a byte.</summary>
    /// <param name="takenEnd">One past the last byte that it takes.</param>
    public void ExtendLast(int takenEnd)
    {
        if (takenEnd > _ends[Count - 1])
        {
            _taken.Add((Count - 1, takenEnd));
        }
    }

    /// <summary>Moves all tokens by a number of bytes.</summary>
    public void Shift(int offset)
    {
        if (offset == 0)
        {
            return;
        }

        for (int i = 0; i < Count; i++)
        {
            _starts[i] += offset;
            _ends[i] += offset;
        }

        for (int i = 0; i < _taken.Count; i++)
        {
            _taken[i] = (_taken[i].Token, _taken[i].End + offset);
        }
    }

    /// <summary>Appends tokens of another list.</summary>
    /// <param name="other">The tokens to append.</param>
    /// <param name="first">The first of them to take.</param>
    public void Append(TokenSpans other, int first)
    {
        int count = other.Count - first;
        Reserve(count);
        other._ids.AsSpan(first, count).CopyTo(_ids.AsSpan(Count));
        other._starts.AsSpan(first, count).CopyTo(_starts.AsSpan(Count));
        other._ends.AsSpan(first, count).CopyTo(_ends.AsSpan(Count));
        foreach ((int token, int end) in other._taken)
        {
            if (token >= first)
            {
                _taken.Add((token - first + Count, end));
            }
        }

        Count += count;
    }

    /// <summary>The first token that begins at a byte or behind it.</summary>
    public int FirstFrom(int position) => FirstAbove(Starts, position - 1);

    /// <summary>Whether a token lies across a byte, whitespace that it takes included.</summary>
    public bool TakesAcross(int position) =>
        LiesAcross(position) || _taken.Exists(taken => _starts[taken.Token] < position && position < taken.End);

    /// <summary>Whether a token's own characters lie across a byte.</summary>
    public bool LiesAcross(int position)
    {
        // The first token that ends behind the position; tokens of one character's bytes share no ends.
        int first = FirstAbove(Ends, position);
        return first < Count && _starts[first] < position;
    }

    private static int FirstAbove(ReadOnlySpan<int> places, int position)
    {
        int low = 0;
        int high = places.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (places[middle] <= position)
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
