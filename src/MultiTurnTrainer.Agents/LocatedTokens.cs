namespace MultiTurnTrainer.Agents;

/// <summary>Tokens with their places in UTF-16 units, and where their text may be cut: never inside a character.</summary>
internal sealed class LocatedTokens
{
    private readonly bool[] _mayCut;
    private readonly int _length;

    public LocatedTokens(string text, Encoding encoding)
    {
        _length = text.Length;
        Ids = encoding.Ids;
        Starts = new int[Ids.Length];
        Ends = new int[Ids.Length];
        int[]? units = UnitsOf(text);
        for (int i = 0; i < Ids.Length; i++)
        {
            TokenOffset offset = encoding.Offsets[i];
            Starts[i] = units is null ? offset.Start : units[offset.Start];
            Ends[i] = units is null ? offset.End : units[offset.End];
        }

        // A token without characters of its own goes with those that follow.
        _mayCut = new bool[Ids.Length + 1];
        _mayCut[0] = _mayCut[^1] = true;
        int end = 0;
        for (int i = 1; i < Ids.Length; i++)
        {
            end = Math.Max(end, Ends[i - 1]);
            _mayCut[i] = Starts[i] >= end && Starts[i - 1] < Ends[i - 1];
        }
    }

    /// <summary>Token ids.</summary>
    public int[] Ids { get; }

    /// <summary>Where each token begins.</summary>
    public int[] Starts { get; }

    /// <summary>Where each token ends.</summary>
    public int[] Ends { get; }

    /// <summary>How many of the first tokens fit.</summary>
    public int CountFromStart(int limit)
    {
        int count = Math.Min(limit, Ids.Length);
        while (!_mayCut[count])
        {
            count--;
        }

        return count;
    }

    /// <summary>How many of the last tokens fit.</summary>
    public int CountFromEnd(int limit)
    {
        int count = Math.Min(limit, Ids.Length);
        while (!_mayCut[Ids.Length - count])
        {
            count--;
        }

        return count;
    }

    /// <summary>Where the text of the first tokens ends.</summary>
    public int EndOf(int count) =>
        count == Ids.Length ? _length
        : count == 0 ? 0
        : Ends[count - 1];

    /// <summary>Where the text from a token on begins.</summary>
    public int StartOf(int token) =>
        token == 0 ? 0
        : token == Ids.Length ? _length
        : Starts[token];

    // The unit that each code point begins at, and the text's length; null where all are one unit long.
    private static int[]? UnitsOf(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return null;
        }

        List<int> units = new(text.Length + 1);
        int at = 0;
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            units.Add(at);
            at += rune.Utf16SequenceLength;
        }

        units.Add(at);
        return [.. units];
    }
}
