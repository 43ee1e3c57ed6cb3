namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Walks over the tokens of a stretch and says which bytes of the original each stands for.</summary>
/// <param name="stretch">The stretch.</param>
/// <param name="scalars">Its rewritten scalars.</param>
internal ref struct PlaceWalker(EncodedStretch stretch, ReadOnlySpan<RewrittenScalar> scalars)
{
    private readonly ReadOnlySpan<RewrittenScalar> _scalars = scalars;
    private int _position;
    private int _next;
    private int _shift = stretch.Start;

    /// <summary>Whether the tokens so far spell the stretch whole.</summary>
    public readonly bool IsAtEnd => _position == stretch.Length;

    /// <summary>The place of the next token.</summary>
    /// <param name="length">Its bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (int Start, int End) Next(int length)
    {
        int start = _position;
        _position += length;
        return _scalars.IsEmpty ? (_shift + start, _shift + _position) : NextRewritten(start, _position);
    }

    private (int Start, int End) NextRewritten(int from, int to)
    {
        Pass(from);
        int start = InScalar(from) ? stretch.Start + _scalars[_next].Start : _shift + from;
        (int next, int shift) = (_next, _shift);
        Pass(to - 1);
        int end = InScalar(to - 1) ? stretch.Start + _scalars[_next].End : _shift + to;
        // The next token may begin inside the same scalar, never before it.
        (_next, _shift) = (next, shift);
        return (start, end);
    }

    private void Pass(int position)
    {
        while (_next < _scalars.Length && _scalars[_next].At + _scalars[_next].Length <= position)
        {
            RewrittenScalar passed = _scalars[_next++];
            _shift = stretch.Start + passed.Next - (passed.At + passed.Length);
        }
    }

    private readonly bool InScalar(int position) => _next < _scalars.Length && position >= _scalars[_next].At;
}
