namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>What a backslash stands for inside a class and, mostly, outside: a scalar or a set of them.</summary>
internal static class RegexEscapes
{
    private const string Unfinished = "end pattern at escape";

    /// <summary>Reads what follows the backslash.</summary>
    /// <param name="pattern">Stands behind the backslash.</param>
    /// <param name="single">The one scalar it stands for, or −1.</param>
    public static CodePointSet Read(PatternReader pattern, out int single)
    {
        int c = pattern.Next(Unfinished);
        single = -1;
        if (SetOf(pattern, c) is { } set)
        {
            return set;
        }

        single = c switch
        {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\f',
            'v' => '\v',
            'a' => '\a',
            'b' => '\b',
            'e' => 0x1B,
            'x' => Hexadecimal(pattern),
            'u' => Hexadecimal(pattern, 4, 4),
            'c' => pattern.Next("end pattern at control") & 0x9F,
            >= '0' and <= '7' => Octal(pattern, c - '0'),
            _ => c,
        };
        return CodePointSet.Range(single, single);
    }

    /// <summary>The letter behind the backslash, which stays to be read.</summary>
    public static int PeekLetter(PatternReader pattern) =>
        pattern.AtEnd ? throw pattern.Error(Unfinished) : pattern.Current;

    private static CodePointSet? SetOf(PatternReader pattern, int letter) =>
        letter switch
        {
            's' => RegexClasses.Space,
            'S' => RegexClasses.Space.Complement(),
            'd' => RegexClasses.Digit,
            'D' => RegexClasses.Digit.Complement(),
            'w' => RegexClasses.Word,
            'W' => RegexClasses.Word.Complement(),
            'h' => RegexClasses.HexDigit,
            'H' => RegexClasses.HexDigit.Complement(),
            'p' or 'P' when pattern.Take('{') => Property(pattern, negative: letter == 'P'),
            _ => null,
        };

    private static CodePointSet Property(PatternReader pattern, bool negative)
    {
        negative ^= pattern.Take('^');
        string name = pattern.Name('}');
        CodePointSet set =
            RegexClasses.Property(name) ?? throw pattern.Error($"invalid character property name {{{name}}}");
        return negative ? set.Complement() : set;
    }

    private static int Hexadecimal(PatternReader pattern)
    {
        if (!pattern.Take('{'))
        {
            return Hexadecimal(pattern, 0, 2);
        }

        int value = Hexadecimal(pattern, 1, 8);
        return pattern.Take('}') ? value : throw pattern.Error("invalid code point value");
    }

    private static int Hexadecimal(PatternReader pattern, int min, int max)
    {
        int value = 0;
        int count = 0;
        while (count < max && pattern.TakeAny("0123456789abcdefABCDEF") is var digit and >= 0)
        {
            value = value * 16 + Convert.ToInt32(((char)digit).ToString(), 16);
            count++;
        }

        return count >= min && value is >= 0 and < CodePointSet.End
            ? value
            : throw pattern.Error("invalid code point value");
    }

    private static int Octal(PatternReader pattern, int value)
    {
        for (int count = 1; count < 3 && pattern.TakeAny("01234567") is var digit and >= 0; count++)
        {
            value = value * 8 + digit - '0';
        }

        return value;
    }
}
