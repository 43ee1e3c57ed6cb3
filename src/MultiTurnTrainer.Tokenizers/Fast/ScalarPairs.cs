using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>
/// Which two scalars follow one another in any token that merging can make. No merge reaches over two that never do, so a
/// text may be cut between them. Of the others, a few are let through by chance (a hash decides), which only makes words
/// longer.
/// </summary>
internal sealed class ScalarPairs
{
    private const int Mark = 0x2581;
    private readonly ulong[] _ascii = new ulong[128 * 128 / 64];
    private readonly ulong[] _others;
    private readonly int _shift;

    /// <summary>Collects the pairs of all tokens that merges make.</summary>
    public ScalarPairs(Vocabulary vocabulary, IEnumerable<int> merged)
    {
        int bits = 12;
        while ((1 << bits) < 32 * vocabulary.Count && bits < 22)
        {
            bits++;
        }

        _others = new ulong[(1 << bits) / 64];
        _shift = 64 - bits;
        foreach (int id in merged)
        {
            vocabulary.TryGetToken(id, out ReadOnlySpan<byte> token);
            int left = -1;
            for (int at = 0; at < token.Length; )
            {
                int right = Utf8.Decode(token, at, out int length);
                at += length;
                if (left >= 0)
                {
                    Add(left, right);
                }

                left = right;
            }
        }
    }

    /// <summary>Whether two scalars may follow one another in a token; a space counts as the mark.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(int left, int right)
    {
        if ((left | right) < 128)
        {
            int index = left * 128 + right;
            return (_ascii[index >> 6] >> (index & 63) & 1) != 0;
        }

        return ContainsOther(left, right);
    }

    private bool ContainsOther(int left, int right)
    {
        int slot = SlotOf(left == ' ' ? Mark : left, right == ' ' ? Mark : right);
        return (_others[slot >> 6] >> (slot & 63) & 1) != 0;
    }

    private void Add(int left, int right)
    {
        int slot = SlotOf(left, right);
        _others[slot >> 6] |= 1UL << (slot & 63);
        left = left == Mark ? ' ' : left;
        right = right == Mark ? ' ' : right;
        if ((left | right) < 128)
        {
            int index = left * 128 + right;
            _ascii[index >> 6] |= 1UL << (index & 63);
        }
    }

    private int SlotOf(int left, int right) =>
        (int)(((((ulong)left << 21) | (uint)right) * 0x9E37_79B9_7F4A_7C15) >> _shift);
}
