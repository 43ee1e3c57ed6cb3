namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>Encodings as JSON lines, <c>{"ids": […], "offsets": [[start, end], …]}</c>.</summary>
internal sealed class EncodedLines
{
    // A number with its comma and brackets.
    private const int LongestNumber = 13;

    private byte[] _bytes = new byte[1 << 16];
    private int _length;

    /// <summary>The lines.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Adds a line.</summary>
    public void Add(Encoding encoding)
    {
        int most = 32 + (3 * LongestNumber * encoding.Ids.Length);
        if (_bytes.Length - _length < most)
        {
            Array.Resize(ref _bytes, Math.Max(_length + most, 2 * _bytes.Length));
        }

        Write("{\"ids\":["u8);
        for (int i = 0; i < encoding.Ids.Length; i++)
        {
            Write(i == 0 ? ""u8 : ","u8);
            Write(encoding.Ids[i]);
        }

        Write("],\"offsets\":["u8);
        for (int i = 0; i < encoding.Offsets.Length; i++)
        {
            Write(i == 0 ? "["u8 : ",["u8);
            Write(encoding.Offsets[i].Start);
            Write(","u8);
            Write(encoding.Offsets[i].End);
            Write("]"u8);
        }

        Write("]}\n"u8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_bytes.AsSpan(_length));
        _length += text.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(int number)
    {
        number.TryFormat(_bytes.AsSpan(_length), out int written, default, CultureInfo.InvariantCulture);
        _length += written;
    }
}
