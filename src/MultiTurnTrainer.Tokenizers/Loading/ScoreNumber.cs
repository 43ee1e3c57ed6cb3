namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>
/// Scores as HuggingFace's JSON reader (serde_json) reads them: the digits as one whole number of 64 bits, times or
/// divided by a power of ten. That is not always the nearest double, and of segmentations whose scores add up alike the
/// last bit decides.
/// </summary>
internal static class ScoreNumber
{
    private static readonly double[] PowersOfTen =
    [
        .. Enumerable.Range(0, 309).Select(n => double.Parse($"1e{n}", CultureInfo.InvariantCulture)),
    ];

    /// <summary>The value of a JSON number; infinite where it is out of range.</summary>
    public static double Parse(ReadOnlySpan<byte> number)
    {
        int letter = number.IndexOfAny((byte)'e', (byte)'E');
        int exponent = letter < 0 ? 0 : ParseExponent(number[(letter + 1)..]);
        bool negative = number[0] == '-';
        bool fraction = false;
        bool full = false;
        ulong digits = 0;
        foreach (byte character in number[(negative ? 1 : 0)..(letter < 0 ? number.Length : letter)])
        {
            if (character == '.')
            {
                fraction = true;
                full = false;
                continue;
            }

            uint digit = (uint)(character - '0');
            full |= digits > (ulong.MaxValue - digit) / 10;
            // Digits that no longer fit count before the point, and are dropped behind it.
            exponent += (full, fraction) switch
            {
                (true, false) => 1,
                (false, true) => -1,
                _ => 0,
            };
            digits = full ? digits : digits * 10 + digit;
        }

        double value = Scale(digits, exponent);
        return negative ? -value : value;
    }

    private static double Scale(double value, int exponent)
    {
        if (exponent >= 0)
        {
            return value == 0
                ? 0
                : value * (exponent < PowersOfTen.Length ? PowersOfTen[exponent] : double.PositiveInfinity);
        }

        for (; exponent <= -PowersOfTen.Length && value != 0; exponent += 308)
        {
            value /= 1e308;
        }

        return value == 0 ? 0 : value / PowersOfTen[-exponent];
    }

    // No double has an exponent of more than three digits.
    private static int ParseExponent(ReadOnlySpan<byte> text)
    {
        int value = 0;
        foreach (byte digit in text.TrimStart("+-"u8))
        {
            value = Math.Min(value * 10 + digit - '0', 1_000_000);
        }

        return text[0] == '-' ? -value : value;
    }
}
