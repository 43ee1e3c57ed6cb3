namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>
/// Finds the earlier row that has most word triples in common with a row, by an inverted index that misses none: rows as
/// similar as the threshold demands share two of the rarest triples of either, so rows are listed and looked up under
/// those only (prefix filtering; Chaudhuri, Ganti, Kaushik, ICDE 2006), and those found twice are compared triple by
/// triple. What most rows share, such as a system prompt, is not rare and costs nothing.
/// </summary>
internal sealed class NearIndex
{
    private const int LeastShared = 2;

    /// <summary>Rows looked at for each triple held, after which what is rare is measured again.</summary>
    private const int Patience = 16;

    private readonly double _threshold;
    private readonly TripleStore _store;
    private readonly TripleRarity _rarity = new();
    private readonly TripleLists _lists = new();
    private readonly List<int> _candidates = [];
    private readonly uint[] _rare;

    // The number of the search that found a row last: in bytes, so that many rows fit into a cache.
    private byte[] _foundBy = new byte[1 << 10];
    private byte _search;
    private uint[] _lines = new uint[1 << 10];
    private ushort[] _files = new ushort[1 << 10];
    private long _looked;

    /// <param name="maxTriples">Most triples held.</param>
    /// <param name="threshold">Least Jaccard similarity.</param>
    public NearIndex(long maxTriples, double threshold)
    {
        _threshold = threshold;
        _store = new TripleStore(maxTriples);
        _rare = new uint[_store.MostOfARow];
    }

    /// <summary>Whether the ceiling was reached.</summary>
    public bool IsFull => _store.IsCrowded && _store.IsSparse;

    /// <summary>Whether memory was too short for all triples of the rows that are not very long.</summary>
    public bool IsSampled => _store.MostOfARow < _rare.Length;

    /// <summary>Triples that are compared of a longer row: an even sample.</summary>
    public int MostOfARow => _store.MostOfARow;

    /// <summary>The most similar earlier row at or above the threshold; the row is added when there is none.</summary>
    public (ushort File, long Line, double Similarity)? FindOrAdd(ReadOnlySpan<uint> triples, ushort file, long line)
    {
        ReadOnlySpan<uint> sample = _store.Sample(triples);
        ReadOnlySpan<uint> rare = Rare(sample);
        Find(rare);
        (int row, double similarity) = Best(sample);
        if (row >= 0)
        {
            return (_files[row], _lines[row], similarity);
        }

        if (!IsFull)
        {
            Add(sample, rare, file, line);
        }

        return null;
    }

    /// <summary>
    /// The rarest triples: as many as a row may have that a similar one lacks, and two. Whatever the other's length, it
    /// shares at least the threshold's part of this row's.
    /// </summary>
    private ReadOnlySpan<uint> Rare(ReadOnlySpan<uint> sample)
    {
        int shared = (int)Math.Ceiling((_threshold * sample.Length) - 1e-9);
        Span<uint> rare = _rare.AsSpan(0, Math.Min(sample.Length, sample.Length - shared + LeastShared));
        _rarity.Rarest(sample, rare);
        return rare;
    }

    /// <summary>Lists the rows that have two of the triples.</summary>
    private void Find(ReadOnlySpan<uint> rare)
    {
        _candidates.Clear();
        if (_search == byte.MaxValue)
        {
            _search = 0;
            Array.Clear(_foundBy);
        }

        _search++;

        // All lists are fetched from memory before any is read.
        foreach (uint triple in rare)
        {
            _looked += _lists[triple].Length;
        }

        (byte[] foundBy, byte search) = (_foundBy, _search);
        foreach (uint triple in rare)
        {
            foreach (int row in _lists[triple])
            {
                if (foundBy[row - 1] == search)
                {
                    _candidates.Add(row - 1);
                }

                foundBy[row - 1] = search;
            }
        }
    }

    private (int Row, double Similarity) Best(ReadOnlySpan<uint> sample)
    {
        (int best, double most) = (-1, _threshold);
        foreach (int row in _candidates)
        {
            double similarity = _store.Similarity(sample, row);
            if (similarity > most || (similarity == most && (best < 0 || row < best)))
            {
                (best, most) = (row, similarity);
            }
        }

        return (best, most);
    }

    private void Add(ReadOnlySpan<uint> sample, ReadOnlySpan<uint> rare, ushort file, long line)
    {
        int row = _store.Add(sample);
        if (row == _lines.Length)
        {
            Array.Resize(ref _lines, row * 2);
            Array.Resize(ref _files, row * 2);
            Array.Resize(ref _foundBy, row * 2);
        }

        (_lines[row], _files[row]) = ((uint)Math.Min(line, uint.MaxValue), file);
        _rarity.Count(sample);
        List(rare, row);
        bool tooLarge = _store.IsCrowded && !_store.IsSparse;
        if (tooLarge)
        {
            _store.Halve();
        }

        if (tooLarge || _lists.IsCrowded || _looked > Patience * _store.Triples)
        {
            ListAgain();
        }
    }

    private void ListAgain()
    {
        _looked = 0;
        _rarity.Settle();
        _lists.Clear();
        for (int row = 0; row < _store.Count; row++)
        {
            List(Rare(_store[row]), row);
        }
    }

    private void List(ReadOnlySpan<uint> rare, int row)
    {
        foreach (uint triple in rare)
        {
            _lists.Add(triple, row);
        }
    }
}
