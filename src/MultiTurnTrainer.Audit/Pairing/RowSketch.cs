namespace MultiTurnTrainer.Audit.Pairing;

/// <summary>
/// Some of a row's stretches of five tokens, chosen by their hash, so that two rows of one text choose the same ones wherever
/// these stand. Says how much of the shorter text is in the longer one, whatever template is around it.
/// </summary>
internal sealed class RowSketch
{
    private const int Length = 5;
    private const ulong OneOf = 4;
    private const int FewTokens = 64;

    private readonly ulong[] _hashes;

    public RowSketch(ReadOnlySpan<int> tokens)
    {
        HashSet<ulong> chosen = [];
        for (int i = 0; i + Length <= tokens.Length; i++)
        {
            ulong hash = 0xcbf29ce484222325;
            foreach (int token in tokens.Slice(i, Length))
            {
                hash = unchecked((hash ^ (uint)token) * 0x100000001b3);
                hash ^= hash >> 29;
            }

            if (tokens.Length < FewTokens || hash % OneOf == 0)
            {
                chosen.Add(hash);
            }
        }

        _hashes = [.. chosen.Order()];
    }

    /// <summary>The chosen hashes, rising.</summary>
    public IReadOnlyList<ulong> Hashes => _hashes;

    /// <summary>The share of the smaller sketch that is in the other one, 0 to 1.</summary>
    public double Overlap(RowSketch other)
    {
        int smaller = Math.Min(_hashes.Length, other._hashes.Length);
        int shared = 0;
        int j = 0;
        foreach (ulong hash in _hashes)
        {
            while (j < other._hashes.Length && other._hashes[j] < hash)
            {
                j++;
            }

            shared += j < other._hashes.Length && other._hashes[j] == hash ? 1 : 0;
        }

        return smaller == 0 ? 0 : (double)shared / smaller;
    }
}
