namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>What the hand-written scanners ask about a scalar, as bits of one number.</summary>
internal static class ScalarFlags
{
    /// <summary><c>\p{L}</c></summary>
    public const int Letter = 1;

    /// <summary><c>\p{N}</c></summary>
    public const int Number = 2;

    /// <summary><c>\s</c></summary>
    public const int Space = 4;

    /// <summary><c>[\r\n]</c></summary>
    public const int Newline = 8;

    /// <summary><c>[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]</c></summary>
    public const int Upper = 16;

    /// <summary><c>[\p{Ll}\p{Lm}\p{Lo}\p{M}]</c></summary>
    public const int Lower = 32;

    /// <summary><c>\p{M}</c></summary>
    public const int Mark = 64;

    /// <summary><c>[\p{P}\p{S}]</c></summary>
    public const int Sign = 128;

    private static readonly byte[] ByClass = BuildByClass();
    private static readonly byte[] Ascii = BuildAscii();

    /// <summary>The flags of the scalar at a position, and its length in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int At(ref byte text, int at, out int size)
    {
        int lead = Unsafe.Add(ref text, at);
        if (lead < 0x80)
        {
            size = 1;
            return Ascii[lead];
        }

        return AtLong(ref Unsafe.Add(ref text, at), lead, out size);
    }

    /// <summary>The end of the run of scalars that have any of the flags.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int RunEnd(ref byte text, int length, int at, int flags)
    {
        while (at < length && (At(ref text, at, out int size) & flags) != 0)
        {
            at += size;
        }

        return at;
    }

    /// <summary>The end of the run of scalars that have any of the flags, <see cref="Letter"/> among them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LetterRunEnd(ref byte text, int length, int at, int flags)
    {
        if (at + Vector128<byte>.Count <= length)
        {
            // Most words are ASCII and short: one comparison finds their end.
            Vector128<byte> lower = Vector128.LoadUnsafe(ref text, (nuint)at) | Vector128.Create((byte)0x20);
            Vector128<byte> letters = Vector128.LessThan(
                lower - Vector128.Create((byte)'a'),
                Vector128.Create((byte)26)
            );
            uint others = ~letters.ExtractMostSignificantBits() & 0xFFFF;
            at += others == 0 ? Vector128<byte>.Count : BitOperations.TrailingZeroCount(others);
            if (others != 0 && Unsafe.Add(ref text, at) < 0x80)
            {
                return at;
            }
        }

        return RunEnd(ref text, length, at, flags);
    }

    /// <summary>The end of the run of scalars that have none of the flags.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int RunEndWithout(ref byte text, int length, int at, int flags)
    {
        while (at < length && (At(ref text, at, out int size) & flags) == 0)
        {
            at += size;
        }

        return at;
    }

    /// <summary>The scalar whose first byte this is.</summary>
    public static int Decode(ref byte first, int lead, out int size)
    {
        int second = Unsafe.Add(ref first, 1) & 0x3F;
        if (lead < 0xE0)
        {
            size = 2;
            return ((lead & 0x1F) << 6) | second;
        }

        int third = Unsafe.Add(ref first, 2) & 0x3F;
        if (lead < 0xF0)
        {
            size = 3;
            return ((lead & 0x0F) << 12) | (second << 6) | third;
        }

        size = 4;
        return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | (Unsafe.Add(ref first, 3) & 0x3F);
    }

    private static int AtLong(ref byte first, int lead, out int size) =>
        ByClass[CharClass.Table[Decode(ref first, lead, out size)]];

    private static byte[] BuildByClass()
    {
        byte[] flags = new byte[64];
        for (int c = 0; c < 64; c++)
        {
            uint category = 1u << (c & 31);
            int value = (category & CharClass.Letter) != 0 ? Letter : 0;
            value |= (category & CharClass.Number) != 0 ? Number : 0;
            value |= (category & CharClass.UpperOrCaseless) != 0 ? Upper : 0;
            value |= (category & CharClass.LowerOrCaseless) != 0 ? Lower : 0;
            value |= (category & CharClass.Mark) != 0 ? Mark : 0;
            value |= (category & (CharClass.Punctuation | CharClass.Symbol)) != 0 ? Sign : 0;
            value |= (c & CharClass.Whitespace) != 0 ? Space : 0;
            flags[c] = (byte)value;
        }

        return flags;
    }

    private static byte[] BuildAscii()
    {
        byte[] flags = new byte[128];
        for (int c = 0; c < 128; c++)
        {
            flags[c] = ByClass[CharClass.Table[c]];
        }

        flags['\r'] |= Newline;
        flags['\n'] |= Newline;
        return flags;
    }
}
