namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>The 256 letters that stand for bytes in byte-level models: printable Latin-1 for itself, the rest from U+0100 up.</summary>
internal static class ByteAlphabet
{
    private static readonly int[] Letters = Build();
    private static readonly short[] Bytes = Invert();

    /// <summary>The letter of a byte.</summary>
    public static int LetterOf(byte value) => Letters[value];

    /// <summary>The byte of a letter, or −1.</summary>
    public static int ByteOf(int letter) => letter < Bytes.Length ? Bytes[letter] : -1;

    /// <summary>Appends the letters of a piece's bytes; each stands for what its scalar stands for.</summary>
    public static void Rewrite(AlignedText source, Piece piece, AlignedText target)
    {
        for (int at = piece.Start; at < piece.End; )
        {
            int length = Utf8.LengthOf(source.Bytes[at]);
            target.Append(LetterOf(source.Bytes[at]), source.Starts[at], source.Ends[at]);
            int last = at + length - 1;
            for (int i = 1; i < length; i++)
            {
                target.Append(LetterOf(source.Bytes[at + i]), source.Starts[last], source.Ends[last]);
            }

            at += length;
        }
    }

    /// <summary>Turns a token of letters into bytes.</summary>
    /// <returns>The number of bytes written, or −1 when a scalar is no letter of the alphabet.</returns>
    public static int Decode(ReadOnlySpan<byte> token, Span<byte> target)
    {
        int count = 0;
        for (int at = 0; at < token.Length; )
        {
            int value = ByteOf(Utf8.Decode(token, at, out int length));
            if (value < 0)
            {
                return -1;
            }

            target[count++] = (byte)value;
            at += length;
        }

        return count;
    }

    private static int[] Build()
    {
        int[] letters = new int[256];
        int next = 0x100;
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            letters[b] = printable ? b : next++;
        }

        return letters;
    }

    private static short[] Invert()
    {
        short[] bytes = new short[0x144];
        Array.Fill(bytes, (short)-1);
        for (int b = 0; b < 256; b++)
        {
            bytes[Letters[b]] = (short)b;
        }

        return bytes;
    }
}
