namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>
/// How common word triples are, by powers of two of the rows that had them when <see cref="Settle"/> was last called. A
/// triple that shares its slot with others seems as common as all of them.
/// </summary>
internal sealed class TripleRarity
{
    private const int SlotBits = 20;

    private readonly uint[] _rows = new uint[1 << SlotBits];
    private readonly byte[] _ranks = new byte[1 << SlotBits];
    private readonly int[] _ofRank = new int[33];

    /// <summary>Counts a row's triples.</summary>
    public void Count(ReadOnlySpan<uint> triples)
    {
        foreach (uint triple in triples)
        {
            _rows[Slot(triple)]++;
        }
    }

    /// <summary>Makes the counts so far the measure.</summary>
    public void Settle()
    {
        for (int slot = 0; slot < _rows.Length; slot++)
        {
            _ranks[slot] = (byte)BitOperations.Log2(_rows[slot] + 1);
        }
    }

    /// <summary>The rarest of a row's triples, of equally rare ones the first.</summary>
    /// <param name="triples">The triples.</param>
    /// <param name="rarest">Gets them; its length says how many.</param>
    public void Rarest(ReadOnlySpan<uint> triples, Span<uint> rarest)
    {
        Array.Clear(_ofRank);
        foreach (uint triple in triples)
        {
            _ofRank[_ranks[Slot(triple)]]++;
        }

        int last = 0;
        int left = rarest.Length;
        while (_ofRank[last] < left)
        {
            left -= _ofRank[last++];
        }

        int taken = 0;
        foreach (uint triple in triples)
        {
            int rank = _ranks[Slot(triple)];
            if (rank < last || (rank == last && left-- > 0))
            {
                rarest[taken++] = triple;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Slot(uint triple) => (int)((triple * 0x9E3779B1) >> (32 - SlotBits));
}
