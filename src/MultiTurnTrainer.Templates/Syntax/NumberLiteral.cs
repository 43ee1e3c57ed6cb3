using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Numbers as jinja2's lexer cuts them: decimal, <c>0x</c>, <c>0o</c>, <c>0b</c>, floats, <c>_</c> between digits.</summary>
internal static class NumberLiteral
{
    // Python's own limit (sys.int_info.default_max_str_digits).
    private const int MaxDigits = 4300;

    /// <summary>Reads a number.</summary>
    /// <param name="source">The template.</param>
    /// <param name="from">Where its first digit stands.</param>
    /// <param name="end">Where it ends.</param>
    public static Value Read(TemplateSource source, int from, out int end)
    {
        end = FloatEnd(source, from);
        if (end > 0)
        {
            string real = WithoutUnderscores(source, from, end);
            return FloatValue.Of(double.Parse(real, NumberStyles.Float, CultureInfo.InvariantCulture));
        }

        return source[from] == '0' && from + 1 < source.Length
            ? AfterZero(source, from, out end)
            : Decimal(source, from, out end);
    }

    /// <summary>Where a number with a fraction or an exponent ends, or -1 when there is none. In <c>a.1.5</c> there is none.</summary>
    private static int FloatEnd(TemplateSource source, int from)
    {
        if (from > 0 && source[from - 1] == '.')
        {
            return -1;
        }

        int end = Digits(source, from, char.IsAsciiDigit);
        bool hasFraction = false;
        if (end < source.Length && source[end] == '.')
        {
            int fraction = Digits(source, end + 1, char.IsAsciiDigit);
            hasFraction = fraction > end + 1;
            end = hasFraction ? fraction : end;
        }

        int exponent = Exponent(source, end);
        return exponent > 0 ? exponent
            : hasFraction ? end
            : -1;
    }

    private static int Exponent(TemplateSource source, int at)
    {
        if (at >= source.Length || source[at] is not ('e' or 'E'))
        {
            return -1;
        }

        int digits = at + (source.SignAt(at + 1) == '\0' ? 1 : 2);
        int end = Digits(source, digits, char.IsAsciiDigit);
        return end > digits ? end : -1;
    }

    private static IntValue AfterZero(TemplateSource source, int from, out int end)
    {
        (int radix, Func<char, bool>? isDigit) = char.ToLowerInvariant(source[from + 1]) switch
        {
            'b' => (2, static c => c is '0' or '1'),
            'o' => (8, static c => c is >= '0' and <= '7'),
            'x' => (16, char.IsAsciiHexDigit),
            _ => (0, (Func<char, bool>?)null),
        };
        if (isDigit is not null)
        {
            int first = from + 2 < source.Length && source[from + 2] == '_' ? from + 3 : from + 2;
            end = Digits(source, first, isDigit);
            if (end > first)
            {
                BigInteger value = 0;
                foreach (char c in WithoutUnderscores(source, first, end))
                {
                    value = (value * radix) + Convert.ToInt32(c.ToString(), 16);
                }

                return IntValue.Of(value);
            }
        }

        // Python has no octal by leading zero: 007 is three numbers, and a syntax error in the parser.
        end = Digits(source, from, static c => c == '0');
        return IntValue.Of(0);
    }

    private static IntValue Decimal(TemplateSource source, int from, out int end)
    {
        end = Digits(source, from, char.IsAsciiDigit);
        string digits = WithoutUnderscores(source, from, end);
        return digits.Length <= MaxDigits
            ? IntValue.Of(BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture))
            : throw source.PlaceOf(from).Error("the number has too many digits");
    }

    private static string WithoutUnderscores(TemplateSource source, int from, int end) =>
        source.Text[from..end].Replace("_", "", StringComparison.Ordinal);

    /// <summary>The end of digits with single underscores between them, or the start when there are none.</summary>
    private static int Digits(TemplateSource source, int from, Func<char, bool> isDigit)
    {
        int at = from;
        while (at < source.Length)
        {
            if (isDigit(source[at]))
            {
                at++;
            }
            else if (source[at] == '_' && at > from && at + 1 < source.Length && isDigit(source[at + 1]))
            {
                at += 2;
            }
            else
            {
                break;
            }
        }

        return at;
    }
}
