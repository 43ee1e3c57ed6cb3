namespace MultiTurnTrainer.Templates.Values;

/// <summary>Floats as Python writes them.</summary>
internal static class FloatText
{
    // A double has no more digits than these, counted and after the point; the rest are zeros.
    private const int MostDigits = 800;
    private const int MostDecimals = 1100;

    /// <summary>repr(x): the shortest digits that give the number back; an exponent below 1e-4 and from 1e16.</summary>
    public static string Repr(double value)
    {
        if (double.IsNaN(value))
        {
            return "nan";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        if (value == 0)
        {
            return double.IsNegative(value) ? "-0.0" : "0.0";
        }

        (string digits, int exponent) = Shortest(Math.Abs(value));
        string text = exponent is < -4 or >= 16
            ? Scientific(digits, exponent, digits.Length)
            : Fixed(digits, exponent, pointZero: true);
        return value < 0 ? "-" + text : text;
    }

    /// <summary>The shortest digits d and the exponent e with |x| = d[0].d[1…] × 10^e.</summary>
    public static (string Digits, int Exponent) Shortest(double value)
    {
        // "E16" gives too many digits; "R" gives the shortest but in a notation of its own.
        string r = value.ToString("R", CultureInfo.InvariantCulture);
        int e = r.IndexOf('E', StringComparison.Ordinal);
        int exponent =
            e < 0 ? 0 : int.Parse(r.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string mantissa = e < 0 ? r : r[..e];
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        exponent += (point < 0 ? mantissa.Length : point) - 1;
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        int zeros = digits.Length - digits.TrimStart('0').Length;
        digits = digits.TrimStart('0').TrimEnd('0');
        return (digits.Length == 0 ? "0" : digits, digits.Length == 0 ? 0 : exponent - zeros);
    }

    /// <summary>Exactly this many digits after the point, rounded half to even on the exact binary value.</summary>
    public static string ToFixed(double value, int precision)
    {
        if (precision > MostDecimals)
        {
            return ToFixed(value, MostDecimals) + new string('0', precision - MostDecimals);
        }

        RenderBudget.Spend(200);
        (BigInteger scaled, bool negative) = RoundScaled(value, precision);
        string digits = scaled.ToString(CultureInfo.InvariantCulture).PadLeft(precision + 1, '0');
        string text = precision == 0 ? digits : digits[..^precision] + "." + digits[^precision..];
        return negative ? "-" + text : text;
    }

    /// <summary>Scientific notation with this many digits after the point.</summary>
    public static string ToScientific(double value, int precision)
    {
        (string digits, int exponent) = Rounded(value, precision + 1);
        string text = Scientific(digits, exponent, precision + 1);
        return double.IsNegative(value) ? "-" + text : text;
    }

    /// <summary>The "g" presentation: significant digits, no trailing zeros unless <paramref name="keepZeros"/>.</summary>
    public static string ToGeneral(double value, int precision, bool keepZeros, int scientificFrom)
    {
        precision = Math.Max(precision, 1);
        (string digits, int exponent) = Rounded(value, precision);
        if (!keepZeros)
        {
            digits = digits.TrimEnd('0');
            digits = digits.Length == 0 ? "0" : digits;
        }

        string text =
            exponent < -4 || exponent >= scientificFrom
                ? Scientific(digits, exponent, digits.Length)
                : Fixed(digits, exponent, pointZero: false);
        return double.IsNegative(value) ? "-" + text : text;
    }

    /// <summary>round(x, n) of a float.</summary>
    public static double Round(double value, int digits)
    {
        if (!double.IsFinite(value) || digits > 308)
        {
            return value;
        }

        if (digits < -308)
        {
            return value < 0 || double.IsNegative(value) ? -0.0 : 0.0;
        }

        if (digits >= 0)
        {
            return double.Parse(ToFixed(value, digits), NumberStyles.Float, CultureInfo.InvariantCulture);
        }

        BigInteger unit = BigInteger.Pow(10, -digits);
        (BigInteger n, BigInteger d, bool negative) = Fraction(value);
        BigInteger rounded = RoundHalfEven(n, d * unit) * unit;
        double result = (double)rounded;
        return negative ? -result : result;
    }

    private static (string Digits, int Exponent) Rounded(double value, int digits)
    {
        if (value == 0)
        {
            return (new string('0', digits), 0);
        }

        if (digits > MostDigits)
        {
            (string exact, int power) = Rounded(value, MostDigits);
            return (exact.PadRight(digits, '0'), power);
        }

        RenderBudget.Spend(200);

        (BigInteger n, BigInteger d, _) = Fraction(value);
        int exponent = (int)Math.Floor(BigInteger.Log10(n) - BigInteger.Log10(d));
        for (exponent--; ; exponent++)
        {
            int shift = digits - 1 - exponent;
            BigInteger q =
                shift >= 0
                    ? RoundHalfEven(n * BigInteger.Pow(10, shift), d)
                    : RoundHalfEven(n, d * BigInteger.Pow(10, -shift));
            string text = q.ToString(CultureInfo.InvariantCulture);
            if (text.Length <= digits)
            {
                return (text.PadRight(digits, '0'), exponent - (digits - text.Length));
            }
        }
    }

    private static (BigInteger Scaled, bool Negative) RoundScaled(double value, int precision)
    {
        (BigInteger n, BigInteger d, bool negative) = Fraction(value);
        return (RoundHalfEven(n * BigInteger.Pow(10, precision), d), negative);
    }

    private static (BigInteger Numerator, BigInteger Denominator, bool Negative) Fraction(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        long mantissa = bits & 0xFFFFFFFFFFFFFL;
        if (exponent == 0)
        {
            exponent++;
        }
        else
        {
            mantissa |= 1L << 52;
        }

        exponent -= 1075;
        BigInteger m = mantissa;
        return exponent >= 0 ? (m << exponent, 1, bits < 0) : (m, BigInteger.One << -exponent, bits < 0);
    }

    private static BigInteger RoundHalfEven(BigInteger numerator, BigInteger denominator)
    {
        BigInteger q = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        int half = (rest * 2).CompareTo(denominator);
        return half > 0 || (half == 0 && !q.IsEven) ? q + 1 : q;
    }

    private static string Scientific(string digits, int exponent, int count)
    {
        StringBuilder text = new();
        text.Append(digits[0]);
        if (count > 1)
        {
            text.Append('.').Append(digits.AsSpan(1));
        }

        text.Append(exponent < 0 ? "e-" : "e+");
        text.Append(Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture));
        return text.ToString();
    }

    private static string Fixed(string digits, int exponent, bool pointZero)
    {
        if (exponent < 0)
        {
            return "0." + new string('0', -exponent - 1) + digits;
        }

        if (digits.Length <= exponent + 1)
        {
            return digits.PadRight(exponent + 1, '0') + (pointZero ? ".0" : "");
        }

        return digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }
}
