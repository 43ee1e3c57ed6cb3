namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>Encodings as JSON lines, <c>{"ids": […], "offsets": [[start, end], …]}</c>.</summary>
internal sealed class EncodedLines
{
    // A number with its comma and brackets, and what is written beyond it.
    private const int LongestNumber = 16;
    private const int Hold = 10_000;

    // 0000 to 9999, the first digit in the lowest byte.
    private static readonly uint[] _digits =
    [
        .. Enumerable
            .Range(0, Hold)
            .Select(n =>
                (uint)('0' + n / 1000 | '0' + n / 100 % 10 << 8 | '0' + n / 10 % 10 << 16 | '0' + n % 10 << 24)
            ),
    ];

    private byte[] _bytes = new byte[1 << 16];
    private int _length;

    /// <summary>The lines.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Forgets the lines, keeping the memory.</summary>
    public void Clear() => _length = 0;

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
            Write(Number.Of(id), (byte)',');
        }

        EndList(encoding.Ids.Length);
        Write(",\"offsets\":["u8);
        WriteOffsets(encoding.Offsets);
        EndList(encoding.Offsets.Length);
        Write("}\n"u8);
    }

    // Most tokens begin where the one before ends.
    private void WriteOffsets(TokenOffset[] offsets)
    {
        int end = 0;
        Number number = Number.Of(0);
        foreach (TokenOffset offset in offsets)
        {
            Write("["u8);
            Write(offset.Start == end ? number : Number.Of(offset.Start), (byte)',');
            end = offset.End;
            number = Number.Of(end);
            Write(number, (byte)']');
            Write(","u8);
        }
    }

    // In place of the last comma.
    private void EndList(int count)
    {
        _length -= count > 0 ? 1 : 0;
        Write("]"u8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_bytes.AsSpan(_length));
        _length += text.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(Number number, byte behind)
    {
        Span<byte> room = _bytes.AsSpan(_length, LongestNumber);
        BinaryPrimitives.WriteUInt64LittleEndian(room, number.Digits);
        room[number.Length] = behind;
        _length += number.Length + 1;
    }

    /// <summary>The decimal digits of a number below 10⁸: lines have fewer code points, vocabularies fewer ids.</summary>
    /// <param name="Digits">The first digit in the lowest byte.</param>
    /// <param name="Length">How many.</param>
    private readonly record struct Number(ulong Digits, int Length)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Number Of(int value)
        {
            if (value < Hold)
            {
                return Leading(value);
            }

            (int upper, int lower) = Math.DivRem(value, Hold);
            Number leading = Leading(upper);
            return new Number(leading.Digits | ((ulong)_digits[lower] << (8 * leading.Length)), leading.Length + 4);
        }

        // Without the zeros before it.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Number Leading(int value)
        {
            int length = value < 100 ? (value < 10 ? 1 : 2) : (value < 1000 ? 3 : 4);
            return new Number(_digits[value] >> (8 * (4 - length)), length);
        }
    }
}
