namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>Turns byte offsets of a text into code-point offsets.</summary>
internal readonly struct ScalarIndex
{
    private readonly int[]? _scalars;
    private readonly int _length;

    public ScalarIndex(ReadOnlySpan<byte> text)
    {
        _length = text.Length;
        if (System.Text.Ascii.IsValid(text))
        {
            return;
        }

        _scalars = new int[text.Length];
        int scalar = -1;
        for (int i = 0; i < text.Length; i++)
        {
            scalar += (text[i] & 0xC0) != 0x80 ? 1 : 0;
            _scalars[i] = scalar;
        }
    }

    /// <summary>The code points of a range of bytes. Positions inside a scalar count as its beginning.</summary>
    public TokenOffset Convert(int start, int end)
    {
        // Where a range begins behind the text the reference leaves its bytes as they are.
        if (_scalars is null || start >= _length)
        {
            return new TokenOffset(start, end);
        }

        return new TokenOffset(_scalars[start], end < _length ? _scalars[end] : _scalars[^1] + 1);
    }
}
