using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Python's <c>format % values</c>: the literal parts keep the format's origin, the inserted ones their own.</summary>
internal sealed class PercentFormat
{
    private readonly StrValue _format;
    private readonly Value _values;
    private readonly List<StrValue> _parts = [];
    private int _at;
    private int _next;
    private bool _usedNames;

    private PercentFormat(StrValue format, Value values)
    {
        _format = format;
        _values = values;
    }

    /// <summary>Formats.</summary>
    /// <param name="format">The format.</param>
    /// <param name="values">A tuple of values, a mapping for named ones, or the one value.</param>
    public static StrValue Apply(StrValue format, Value values) => new PercentFormat(format, values).Run();

    private StrValue Run()
    {
        string text = _format.Text;
        int from = 0;
        while (true)
        {
            int percent = text.IndexOf('%', from);
            if (percent < 0)
            {
                break;
            }

            _parts.Add(_format.Sub(from, percent - from));
            _at = percent + 1;
            RenderBudget.Items(16);
            Conversion(text, percent);
            from = _at;
        }

        _parts.Add(_format.Sub(from, text.Length - from));
        bool tuple = _values is ListValue { IsTuple: true };
        int given = tuple ? _values.Length : 1;
        if (
            !_usedNames
            && _next < given
            && (tuple || _values is not (DictValue or ListValue or RangeValue or UndefinedValue))
        )
        {
            throw TemplateException.Type("not all arguments converted during string formatting");
        }

        return StrValue.Join([.. _parts.Where(p => p.Chars > 0)], _format.IsMarkup);
    }

    private void Conversion(string text, int percent)
    {
        Value? named = Named(text);
        string flags = "";
        while (Peek(text) is '#' or '0' or '-' or ' ' or '+')
        {
            RenderBudget.Spend(1);
            flags = flags.Contains(text[_at]) ? flags : flags + text[_at];
            _at++;
        }

        int width = Number(text) ?? 0;
        if (width < 0)
        {
            flags += '-';
            width = -width;
        }

        int precision = -1;
        if (Peek(text) == '.')
        {
            _at++;
            precision = Math.Max(Number(text) ?? 0, 0);
        }

        while (Peek(text) is 'h' or 'l' or 'L')
        {
            RenderBudget.Spend(1);
            _at++;
        }

        char type = Peek(text);
        if (type == '\0')
        {
            throw TemplateException.Type("incomplete format");
        }

        _at++;
        if (type == '%')
        {
            _parts.Add(_format.Sub(percent, 1));
            return;
        }

        StrValue result = Convert(type, named ?? Next(), flags, precision, _at - 1);
        _parts.Add(Fill(result, type, flags, width - result.Length));
    }

    private Value? Named(string text)
    {
        if (Peek(text) != '(')
        {
            return null;
        }

        int close = Close(text);
        RenderBudget.Mapped(close - _at);
        string key = text[(_at + 1)..close];
        _usedNames = true;
        _at = close + 1;
        DictValue dict = _values as DictValue ?? throw TemplateException.Type("format requires a mapping");
        return dict.Get(key) ?? throw TemplateException.Type($"KeyError: '{key}'");
    }

    private static StrValue Fill(StrValue result, char type, string flags, int missing)
    {
        if (missing <= 0)
        {
            return result;
        }

        if (flags.Contains('-'))
        {
            return TextParts.Pad(result, 0, missing, ' ');
        }

        if (!flags.Contains('0') || type is 's' or 'r' or 'a' or 'c')
        {
            return TextParts.Pad(result, missing, 0, ' ');
        }

        RenderBudget.Mapped(2L * (missing + result.Length));
        string digits = result.Text;
        int sign = digits.Length > 0 && digits[0] is '-' or '+' or ' ' ? 1 : 0;
        sign += flags.Contains('#') && type is 'x' or 'X' or 'o' ? 2 : 0;
        return StrValue.Computed(digits[..sign] + new string('0', missing) + digits[sign..]);
    }

    private StrValue Convert(char type, Value value, string flags, int precision, int at)
    {
        switch (type)
        {
            case 's':
                return Cut(_format.IsMarkup ? Html.Escape(value) : Arg.Text(value), precision);
            case 'r' or 'a':
                TextBuilder text = new();
                value.Repr(text);
                return Cut(text.Build(), precision);
            case 'c':
                if (value is StrValue { Length: 1 } c)
                {
                    return c;
                }

                return Numbers.TryInt(value, out BigInteger code)
                    ? Numbers.Character(code)
                    : throw TemplateException.Type("%c requires int or char");
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o':
                return StrValue.Computed(Whole(type, value, flags, precision));
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G':
                return StrValue.Computed(Real(type, value, flags, precision));
            default:
                throw TemplateException.Type($"unsupported format character '{type}' (0x{(int)type:x}) at index {at}");
        }
    }

    private static StrValue Cut(StrValue text, int precision) =>
        precision >= 0 && precision < text.Length
            ? (StrValue)text.Slice(new SliceBounds(null, IntValue.Of(precision), null))
            : text;

    private static string Whole(char type, Value value, string flags, int precision)
    {
        if (!Numbers.TryInt(value, out BigInteger number))
        {
            number =
                value is FloatValue f && double.IsFinite(f.Number) && type is 'd' or 'i' or 'u'
                    ? new BigInteger(((FloatValue)value).Number)
                    : throw TemplateException.Type($"%{type} format: a real number is required, not {value.TypeName}");
        }

        RenderBudget.Mapped(2L * Math.Max(precision, 0));
        string digits = FormatSpec
            .Apply(IntValue.Of(BigInteger.Abs(number)), type is 'd' or 'i' or 'u' ? "d" : type.ToString())
            .Text.PadLeft(Math.Max(precision, 0), '0');
        string prefix = flags.Contains('#') && type is 'x' or 'X' or 'o' ? "0" + type : "";
        return Sign(number.Sign < 0, flags) + prefix + digits;
    }

    private static string Real(char type, Value value, string flags, int precision)
    {
        if (!Numbers.IsNumber(value))
        {
            throw value is UndefinedValue undefined
                ? undefined.Fail()
                : TemplateException.Type($"must be real number, not {value.TypeName}");
        }

        double number = Numbers.ToDouble(value);
        string spec =
            (flags.Contains('#') ? "#" : "")
            + "."
            + (precision < 0 ? 6 : precision).ToString(CultureInfo.InvariantCulture)
            + type;
        string digits = FormatSpec.Apply(FloatValue.Of(Math.Abs(number)), spec).Text;
        return Sign(double.IsNegative(number) && !double.IsNaN(number), flags) + digits;
    }

    private static string Sign(bool negative, string flags) =>
        negative ? "-"
        : flags.Contains('+') ? "+"
        : flags.Contains(' ') ? " "
        : "";

    private Value Next()
    {
        if (_values is ListValue { IsTuple: true } tuple)
        {
            return _next < tuple.Length
                ? tuple.Items[_next++]
                : throw TemplateException.Type("not enough arguments for format string");
        }

        return _next++ == 0 ? _values : throw TemplateException.Type("not enough arguments for format string");
    }

    private char Peek(string text) => _at < text.Length ? text[_at] : '\0';

    private int? Number(string text)
    {
        if (Peek(text) == '*')
        {
            _at++;
            Value width = Next();
            return width is IntValue or BoolValue
                ? Numbers.ToCount(width, 1 << 20)
                : throw TemplateException.Type("* wants int");
        }

        int from = _at;
        while (char.IsAsciiDigit(Peek(text)))
        {
            RenderBudget.Spend(1);
            _at++;
        }

        if (_at == from)
        {
            return null;
        }

        return
            int.TryParse(text.AsSpan(from, _at - from), NumberStyles.None, CultureInfo.InvariantCulture, out int n)
            && n <= 1 << 20
            ? n
            : throw TemplateException.Type("width too big");
    }

    private int Close(string text)
    {
        int depth = 0;
        for (int i = _at; i < text.Length; i++)
        {
            depth += text[i] switch
            {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            if (depth == 0)
            {
                return i;
            }
        }

        throw TemplateException.Type("incomplete format key");
    }
}
