namespace MultiTurnTrainer.Unicode;

/// <summary>
/// What the scanners ask about a code point, as one byte in a flat table: the general category (Unicode 16) in the low
/// five bits, <see cref="Whitespace"/> above it.
/// </summary>
public static class CharClass
{
    /// <summary>Set for the 25 members of <c>\s</c>.</summary>
    public const byte Whitespace = 0x20;

    private static readonly string[] Names =
    [
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "Mn",
        "Mc",
        "Me",
        "Nd",
        "Nl",
        "No",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "Zs",
        "Zl",
        "Zp",
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
    ];

    /// <summary>One byte for every code point.</summary>
    public static byte[] Table { get; } = Build();

    /// <summary>Categories L*, as a mask over category numbers.</summary>
    public const uint Letter = 0b1_1111;

    /// <summary>Categories M*.</summary>
    public const uint Mark = 0b1110_0000;

    /// <summary>Categories N*.</summary>
    public const uint Number = 0b111_0000_0000;

    /// <summary>Categories P*.</summary>
    public const uint Punctuation = 0b11_1111_1000_0000_0000;

    /// <summary>Categories S*.</summary>
    public const uint Symbol = 0b11_1100_0000_0000_0000_0000;

    /// <summary>Lu, Lt, Lm, Lo, M*: what o200k's words may begin with.</summary>
    public const uint UpperOrCaseless = (Letter & ~0b10u) | Mark;

    /// <summary>Ll, Lm, Lo, M*: what o200k's words go on with.</summary>
    public const uint LowerOrCaseless = (Letter & ~0b101u) | Mark;

    /// <summary>Whether the code point is in <c>\s</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsWhitespace(int codePoint) => (Table[codePoint] & Whitespace) != 0;

    private static byte[] Build()
    {
        byte[] table = new byte[CodePointSet.End];
        for (int category = 0; category < Names.Length; category++)
        {
            Fill(UnicodeData.Set("gc_" + Names[category]), table, (byte)category);
        }

        // Surrogates are no scalars; the probe could not ask about them.
        table.AsSpan(0xD800, 0x800).Fill((byte)Array.IndexOf(Names, "Cs"));
        ReadOnlySpan<int> spaces = UnicodeData.Set("onig_s").Bounds;
        for (int i = 0; i < spaces.Length; i += 2)
        {
            for (int c = spaces[i]; c < spaces[i + 1]; c++)
            {
                table[c] |= Whitespace;
            }
        }

        return table;
    }

    private static void Fill(CodePointSet set, byte[] table, byte value)
    {
        ReadOnlySpan<int> bounds = set.Bounds;
        for (int i = 0; i < bounds.Length; i += 2)
        {
            table.AsSpan(bounds[i], bounds[i + 1] - bounds[i]).Fill(value);
        }
    }
}
