namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>A code-point set that answers quickly: one bit for every code point.</summary>
internal sealed class ScalarSet
{
    private readonly ulong[] _bits;

    public ScalarSet(CodePointSet set)
    {
        ReadOnlySpan<int> bounds = set.Bounds;
        int end = bounds.Length == 0 ? 0 : bounds[^1];
        // A set that reaches to the end of Unicode is common (negated classes); its tail stays implicit.
        _tail = end == CodePointSet.End;
        int stored = _tail ? bounds[^2] : end;
        _bits = new ulong[(stored + 63) / 64];
        Stored = stored;
        for (int i = 0; i < bounds.Length; i += 2)
        {
            int last = Math.Min(bounds[i + 1], stored);
            for (int c = bounds[i]; c < last; )
            {
                if ((c & 63) == 0 && c + 64 <= last)
                {
                    _bits[c >> 6] = ulong.MaxValue;
                    c += 64;
                }
                else
                {
                    _bits[c >> 6] |= 1UL << (c & 63);
                    c++;
                }
            }
        }
    }

    private readonly bool _tail;

    private int Stored { get; }

    /// <summary>Whether the scalar is a member.</summary>
    public bool Contains(int scalar) => scalar < Stored ? (_bits[scalar >> 6] >> (scalar & 63) & 1) != 0 : _tail;
}
