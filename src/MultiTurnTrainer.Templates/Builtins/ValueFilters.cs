using MultiTurnTrainer.Templates.Syntax;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Filters on any value and on numbers.</summary>
internal static class ValueFilters
{
    /// <summary>The filters; a bar separates names of one.</summary>
    public static IEnumerable<Builtin> All { get; } =
    [
        new("abs", "/", (_, a) => Abs(a[0]!)),
        new("attr", "name", (_, a) => Attr(a[0]!, Arg.NeedText(a[1], "attribute name"))),
        new("default|d", "default_value? boolean?", (_, a) => Default(a[0]!, a[1], Arg.Flag(a[2]))),
        new("float", "default?", (_, a) => ToFloat(a[0]!, a[1] ?? FloatValue.Of(0))),
        new("int", "default? base?", (_, a) => ToInt(a[0]!, a[1] ?? IntValue.Of(0), Arg.Count(a[2], 10))),
        new("round", "precision? method?", (_, a) => Round(a[0]!, a[1], a[2])),
        new("length|count", "/", (_, a) => IntValue.Of(Arg.Length(a[0]))),
        new("list", "", (_, a) => new ListValue(Arg.List(a[0]))),
        new("string", "", (_, a) => Arg.Text(a[0])),
        new("safe", "", (_, a) => Arg.Text(a[0]).AsMarkup(true)),
        new("escape|e", "/", (_, a) => Html.Escape(a[0]!)),
        new("forceescape", "", (_, a) => Html.Escape(a[0]!.ToStr())),
        new(
            "tojson",
            "ensure_ascii? indent? separators? sort_keys?",
            (_, a) => JsonWriter.Write(a[0]!, a[1], a[2], a[3], a[4])
        ),
        new("random", "", (_, _) => throw TemplateException.Type("the filter random gives another text each time")),
    ];

    /// <summary>int(x) as Python reads a text.</summary>
    public static BigInteger? ParseInt(string text, int radix)
    {
        RenderBudget.Spend(text.Length / 4);
        ReadOnlySpan<char> digits = Trim(text);
        bool negative = digits.Length > 0 && digits[0] == '-';
        if (digits.Length > 0 && digits[0] is '-' or '+')
        {
            digits = digits[1..];
        }

        if (!TakePrefix(ref digits, ref radix))
        {
            return null;
        }

        radix = radix == 0 ? 10 : radix;
        if (radix is < 2 or > 36 || digits.Length == 0 || digits.Length > 4300)
        {
            return null;
        }

        RenderBudget.Make(digits.Length * (4L + (digits.Length / 64)), digits.Length * (long)digits.Length / 4);
        BigInteger value = 0;
        bool afterDigit = false;
        foreach (char c in digits)
        {
            if (c == '_' && afterDigit)
            {
                afterDigit = false;
                continue;
            }

            int digit =
                char.IsDigit(c) ? (int)CharUnicodeInfo.GetDecimalDigitValue(c)
                : char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) - 'a' + 10
                : 99;
            if (digit >= radix)
            {
                return null;
            }

            value = (value * radix) + digit;
            afterDigit = true;
        }

        return !afterDigit ? null
            : negative ? -value
            : value;
    }

    // 0b, 0o and 0x; without a radix, other digits behind a leading zero are no number.
    private static bool TakePrefix(ref ReadOnlySpan<char> digits, ref int radix)
    {
        if (digits.Length < 2 || digits[0] != '0')
        {
            return true;
        }

        int prefix = char.ToLowerInvariant(digits[1]) switch
        {
            'b' => 2,
            'o' => 8,
            'x' => 16,
            _ => 0,
        };
        if (prefix == 0 || (radix != prefix && radix != 0))
        {
            return radix != 0 || digits.Trim("0_").Length == 0;
        }

        radix = prefix;
        digits = digits[2..];
        digits = digits.Length > 1 && digits[0] == '_' ? digits[1..] : digits;
        return true;
    }

    /// <summary>float(x) as Python reads a text.</summary>
    public static double? ParseFloat(string text)
    {
        RenderBudget.Mapped(4L * text.Length);
        // Digits of any script count, as for int.
        string trimmed = string.Concat(
            Trim(text)
                .ToString()
                .Select(c => char.IsDigit(c) ? (char)('0' + CharUnicodeInfo.GetDecimalDigitValue(c)) : c)
        );
        string plain = trimmed.TrimStart('+', '-').ToLowerInvariant();
        if (trimmed.Length - plain.Length > 1)
        {
            return null;
        }

        double sign = trimmed.StartsWith('-') ? -1 : 1;
        if (plain is "inf" or "infinity" or "nan")
        {
            return plain == "nan" ? double.NaN : sign * double.PositiveInfinity;
        }

        for (int i = 0; i < plain.Length; i++)
        {
            char c = plain[i];
            bool between =
                c == '_'
                && i > 0
                && i + 1 < plain.Length
                && char.IsAsciiDigit(plain[i - 1])
                && char.IsAsciiDigit(plain[i + 1]);
            if (!between && !char.IsAsciiDigit(c) && c is not ('.' or 'e' or '+' or '-'))
            {
                return null;
            }
        }

        return double.TryParse(
            plain.Replace("_", "", StringComparison.Ordinal),
            NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture,
            out double value
        )
            ? sign * value
            : null;
    }

    private static ReadOnlySpan<char> Trim(string text)
    {
        int from = 0;
        int to = text.Length;
        while (from < to && Whitespace.Is(text[from]))
        {
            from++;
        }

        while (to > from && Whitespace.Is(text[to - 1]))
        {
            to--;
        }

        return text.AsSpan(from, to - from);
    }

    private static Value Abs(Value value) =>
        value switch
        {
            FloatValue f => FloatValue.Of(Math.Abs(f.Number)),
            _ when Numbers.TryInt(value, out BigInteger i) => IntValue.Of(BigInteger.Abs(i)),
            _ => throw TemplateException.Type($"bad operand type for abs(): '{value.TypeName}'"),
        };

    private static Value Attr(Value value, StrValue name)
    {
        Value? found = value.GetAttr(name.Text);
        return found is null ? UndefinedValue.Attribute(value, name.Text)
            : value.IsUnsafe(name.Text) ? UndefinedValue.Unsafe(value, name.Text)
            : found;
    }

    private static Value Default(Value value, Value? other, bool boolean) =>
        value is UndefinedValue || (boolean && !value.Truthy) ? other ?? StrValue.Empty : value;

    private static Value ToFloat(Value value, Value missing) =>
        value switch
        {
            StrValue s => ParseFloat(s.Text) is { } number ? FloatValue.Of(number) : missing,
            UndefinedValue undefined => throw undefined.Fail(),
            _ => Numbers.IsNumber(value) ? FloatValue.Of(Numbers.ToDouble(value)) : missing,
        };

    private static Value ToInt(Value value, Value missing, int radix)
    {
        switch (value)
        {
            case StrValue s:
                return ParseInt(s.Text, radix) is { } whole ? IntValue.Of(whole)
                    : ParseFloat(s.Text) is { } real && double.IsFinite(real) ? IntValue.Of(new BigInteger(real))
                    : missing;
            case UndefinedValue undefined:
                throw undefined.Fail();
            case FloatValue f:
                return double.IsNaN(f.Number) ? missing
                    : double.IsInfinity(f.Number)
                        ? throw TemplateException.Type("cannot convert float infinity to integer")
                    : IntValue.Of(new BigInteger(f.Number));
            default:
                return Numbers.TryInt(value, out BigInteger i) ? IntValue.Of(i) : missing;
        }
    }

    private static Value Round(Value value, Value? precision, Value? method)
    {
        string how = method is null ? "common" : Arg.Text(method).Text;
        if (how is not ("common" or "ceil" or "floor"))
        {
            throw TemplateException.Type("method must be common, ceil or floor");
        }

        Value places = precision ?? IntValue.Of(0);
        if (how != "common")
        {
            Value power = Operators.Binary('^', IntValue.Of(10), places);
            Value product = Operators.Binary('*', value, power);
            double scaled = Numbers.IsNumber(product)
                ? Numbers.ToDouble(product)
                : throw TemplateException.Type($"must be real number, not {product.TypeName}");
            if (!double.IsFinite(scaled))
            {
                throw TemplateException.Type("cannot convert float infinity or NaN to integer");
            }

            Value whole = IntValue.Of(new BigInteger(how == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)));
            return Operators.Binary('/', whole, power);
        }

        if (value is FloatValue f)
        {
            return places is NoneValue
                ? IntValue.Of(new BigInteger(FloatText.Round(f.Number, 0)))
                : FloatValue.Of(FloatText.Round(f.Number, Numbers.ToCount(places, 400)));
        }

        if (!Numbers.TryInt(value, out BigInteger number))
        {
            throw TemplateException.Type($"type {value.TypeName} doesn't define __round__ method");
        }

        int digits = Numbers.ToCount(places, 400);
        if (digits >= 0)
        {
            return IntValue.Of(number);
        }

        BigInteger unit = BigInteger.Pow(10, Math.Min(-digits, 10_000));
        BigInteger quotient = BigInteger.DivRem(BigInteger.Abs(number), unit, out BigInteger rest);
        int half = (rest * 2).CompareTo(unit);
        quotient += half > 0 || (half == 0 && !quotient.IsEven) ? 1 : 0;
        return IntValue.Of(quotient * unit * number.Sign);
    }
}
