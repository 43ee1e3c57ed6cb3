using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Python's format mini-language, for <c>str.format</c>: <c>[[fill]align][sign][#][0][width][,][.precision][type]</c>.</summary>
internal sealed class FormatSpec
{
    private char _fill = ' ';
    private char _align;
    private bool _zeros;
    private char _sign;
    private bool _alternate;
    private int _width;
    private char _group;
    private int _precision = -1;
    private char _type;

    /// <summary>Formats a value.</summary>
    public static StrValue Apply(Value value, string spec)
    {
        if (spec.Length == 0)
        {
            return value.ToStr();
        }

        FormatSpec parsed = Parse(spec);
        RenderBudget.Mapped(4L * (parsed._width + Math.Max(parsed._precision, 0)));
        switch (value)
        {
            case StrValue s:
                return parsed.Text(s);
            case FloatValue f:
                return parsed.Number(parsed.Real(f.Number));
            case IntValue or BoolValue:
                Numbers.TryInt(value, out BigInteger number);
                return parsed._type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%'
                        ? parsed.Number(parsed.Real(Numbers.ToDouble(value)))
                    : parsed._type == 'c' ? parsed.Text(Numbers.Character(number))
                    : parsed.Number(parsed.Whole(number));
            default:
                throw TemplateException.Type($"unsupported format string passed to {value.TypeName}.__format__");
        }
    }

    private static FormatSpec Parse(string spec)
    {
        FormatSpec result = new();
        int i = 0;
        if (spec.Length > 1 && spec[1] is '<' or '>' or '=' or '^')
        {
            result._fill = spec[0];
            result._align = spec[1];
            i = 2;
        }
        else if (spec[0] is '<' or '>' or '=' or '^')
        {
            result._align = spec[0];
            i = 1;
        }

        if (i < spec.Length && spec[i] is '+' or '-' or ' ')
        {
            result._sign = spec[i++];
        }

        if (i < spec.Length && spec[i] == '#')
        {
            result._alternate = true;
            i++;
        }

        if (i < spec.Length && spec[i] == '0')
        {
            if (result._align == '\0')
            {
                result._fill = '0';
                result._zeros = true;
            }

            i++;
        }

        result._width = Digits(spec, ref i) ?? 0;
        if (i < spec.Length && spec[i] is ',' or '_')
        {
            result._group = spec[i++];
        }

        if (i < spec.Length && spec[i] == '.')
        {
            i++;
            result._precision =
                Digits(spec, ref i) ?? throw TemplateException.Type("Format specifier missing precision");
        }

        if (i < spec.Length)
        {
            result._type = spec[i++];
        }

        return i == spec.Length ? result : throw TemplateException.Type("Invalid format specifier");
    }

    private static int? Digits(string spec, ref int i)
    {
        int from = i;
        while (i < spec.Length && char.IsAsciiDigit(spec[i]))
        {
            i++;
        }

        if (i == from)
        {
            return null;
        }

        return
            int.TryParse(spec.AsSpan(from, i - from), NumberStyles.None, CultureInfo.InvariantCulture, out int n)
            && n <= 1 << 20
            ? n
            : throw TemplateException.Type("Too many decimal digits in format string");
    }

    private StrValue Text(StrValue value)
    {
        if (_type is not ('\0' or 's' or 'c'))
        {
            throw TemplateException.Type($"Unknown format code '{_type}' for object of type 'str'");
        }

        if (_align == '=')
        {
            throw TemplateException.Type("'=' alignment not allowed in string format specifier");
        }

        if (_sign != '\0' || _alternate || _group != '\0')
        {
            throw TemplateException.Type("sign, # and grouping are not allowed in string format specifier");
        }

        StrValue text =
            _precision >= 0 && _precision < value.Length
                ? (StrValue)value.Slice(new SliceBounds(null, IntValue.Of(_precision), null))
                : value;
        int missing = Math.Max(0, _width - text.Length);
        int left = _align switch
        {
            '>' => missing,
            '^' => missing / 2,
            _ => 0,
        };
        return TextParts.Pad(text, left, missing - left, _fill);
    }

    private (string Sign, string Prefix, string Digits) Whole(BigInteger value)
    {
        if (_precision >= 0)
        {
            throw TemplateException.Type("Precision not allowed in integer format specifier");
        }

        BigInteger size = BigInteger.Abs(value);
        string digits = _type switch
        {
            '\0' or 'd' or 'n' => size.ToString(CultureInfo.InvariantCulture),
            'x' => Radix(size, 16),
            'X' => Radix(size, 16).ToUpperInvariant(),
            'o' => Radix(size, 8),
            'b' => Radix(size, 2),
            _ => throw TemplateException.Type($"Unknown format code '{_type}' for object of type 'int'"),
        };
        string prefix = _alternate && _type is 'x' or 'X' or 'o' or 'b' ? "0" + _type : "";
        return (SignOf(value.Sign < 0), prefix, digits);
    }

    private (string Sign, string Prefix, string Digits) Real(double value)
    {
        bool negative = double.IsNegative(value) && !double.IsNaN(value);
        double size = Math.Abs(value);
        int precision = _precision < 0 ? 6 : _precision;
        string digits = !double.IsFinite(size)
            ? FloatText.Repr(size)
            : char.ToLowerInvariant(_type) switch
            {
                'f' => FloatText.ToFixed(size, precision),
                'e' => FloatText.ToScientific(size, precision),
                'g' => FloatText.ToGeneral(size, precision, _alternate, Math.Max(precision, 1)),
                '%' => FloatText.ToFixed(size * 100, precision) + "%",
                '\0' when _precision < 0 => FloatText.Repr(size),
                '\0' => WithPoint(FloatText.ToGeneral(size, precision, false, Math.Max(precision - 1, 1))),
                _ => throw TemplateException.Type($"Unknown format code '{_type}' for object of type 'float'"),
            };
        return (SignOf(negative), "", char.IsUpper(_type) ? digits.ToUpperInvariant() : digits);
    }

    private static string WithPoint(string digits) =>
        digits.AsSpan().IndexOfAny('.', 'e') >= 0 ? digits : digits + ".0";

    private string SignOf(bool negative) =>
        negative ? "-"
        : _sign is '\0' or '-' ? ""
        : _sign.ToString();

    private StrValue Number((string Sign, string Prefix, string Digits) parts)
    {
        int whole = 0;
        while (whole < parts.Digits.Length && char.IsAsciiHexDigit(parts.Digits[whole]))
        {
            whole++;
        }

        string digits = parts.Digits;
        if (_group != '\0' && whole > 0)
        {
            int size = _group == '_' && _type is 'x' or 'X' or 'o' or 'b' ? 4 : 3;
            int zeros =
                _fill == '0' && (_zeros || _align == '=')
                    ? _width - parts.Sign.Length - parts.Prefix.Length - (digits.Length - whole)
                    : 0;
            digits = Grouped(digits[..whole], size, zeros) + digits[whole..];
        }

        int missing = Math.Max(0, _width - parts.Sign.Length - parts.Prefix.Length - digits.Length);
        string fill = new(_fill, missing);
        return StrValue.Computed(
            _align switch
            {
                '<' => parts.Sign + parts.Prefix + digits + fill,
                '=' or '\0' when _zeros || _align == '=' => parts.Sign + parts.Prefix + fill + digits,
                '^' => fill[..(missing / 2)] + parts.Sign + parts.Prefix + digits + fill[(missing / 2)..],
                _ => fill + parts.Sign + parts.Prefix + digits,
            }
        );
    }

    private string Grouped(string digits, int size, int width)
    {
        RenderBudget.Mapped(2L * Math.Max(digits.Length, width));
        List<char> reversed = [];
        int count = 0;
        for (int i = digits.Length - 1; i >= 0 || reversed.Count < width; i--)
        {
            if (count > 0 && count % size == 0)
            {
                reversed.Add(_group);
            }

            reversed.Add(i >= 0 ? digits[i] : '0');
            count++;
        }

        reversed.Reverse();
        return string.Concat(reversed);
    }

    private static string Radix(BigInteger value, int radix)
    {
        if (value.IsZero)
        {
            return "0";
        }

        long bits = value.GetBitLength();
        RenderBudget.Product(bits * 16, bits);
        RenderBudget.Mapped(bits);
        List<char> reversed = [];
        for (; value > 0; value /= radix)
        {
            reversed.Add("0123456789abcdef"[(int)(value % radix)]);
        }

        reversed.Reverse();
        return string.Concat(reversed);
    }
}
