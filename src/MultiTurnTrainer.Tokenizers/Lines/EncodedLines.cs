namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>Encodings as JSON lines, <c>{"ids": […], "offsets": [[start, end], …]}</c>.</summary>
internal sealed class EncodedLines
{
    // A number with its comma and brackets.
    private const int LongestNumber = 13;

    // 00 to 99.
    private static readonly byte[] _digits =
    [
        .. Enumerable
            .Range(0, 100)
            .SelectMany(number => new[] { (byte)('0' + number / 10), (byte)('0' + number % 10) }),
    ];

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
        foreach (int id in encoding.Ids)
        {
            Write(id);
            Write((byte)',');
        }

        EndList(encoding.Ids.Length);
        Write(",\"offsets\":["u8);
        foreach (TokenOffset offset in encoding.Offsets)
        {
            Write((byte)'[');
            Write(offset.Start);
            Write((byte)',');
            Write(offset.End);
            Write("],"u8);
        }

        EndList(encoding.Offsets.Length);
        Write("}\n"u8);
    }

    // In place of the last comma.
    private void EndList(int count)
    {
        _length -= count > 0 ? 1 : 0;
        Write((byte)']');
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(byte sign) => _bytes[_length++] = sign;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_bytes.AsSpan(_length));
        _length += text.Length;
    }

    /// <summary>A number that is not negative, two digits at a time.</summary>
    private void Write(int number)
    {
        int end = _length + CountDigits(number);
        int at = end;
        while (number >= 100)
        {
            (number, int pair) = Math.DivRem(number, 100);
            at -= 2;
            _digits.AsSpan(2 * pair, 2).CopyTo(_bytes.AsSpan(at));
        }

        if (number >= 10)
        {
            _digits.AsSpan(2 * number, 2).CopyTo(_bytes.AsSpan(_length));
        }
        else
        {
            _bytes[_length] = (byte)('0' + number);
        }

        _length = end;
    }

    private static int CountDigits(int number)
    {
        int digits = 1;
        for (long limit = 10; number >= limit; limit *= 10)
        {
            digits++;
        }

        return digits;
    }
}
