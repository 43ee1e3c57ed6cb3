namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>Turns byte offsets of a text into code-point offsets.</summary>
internal readonly struct ScalarIndex
{
    private readonly int[]? _scalars;
    private readonly int _length;
    private readonly bool _countsEnd;

    /// <summary>Counts a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="countsEnd">Whether a range that begins at the text's end is counted too.</param>
    public ScalarIndex(ReadOnlySpan<byte> text, bool countsEnd)
    {
        _length = text.Length;
        _countsEnd = countsEnd;
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
        return _scalars is null || (start >= _length && !_countsEnd)
            ? new TokenOffset(start, end)
            : new TokenOffset(Convert(start), Convert(end));
    }

    private int Convert(int at) => at < _length ? _scalars![at] : _scalars![^1] + 1;
}
