using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Escapes in string literals, as Python's <c>unicode-escape</c> codec reads them.</summary>
internal static class StringEscapes
{
    private static readonly Dictionary<char, char> _controls = new()
    {
        ['n'] = '\n',
        ['t'] = '\t',
        ['r'] = '\r',
        ['a'] = '\a',
        ['b'] = '\b',
        ['f'] = '\f',
        ['v'] = '\v',
    };

    /// <summary>The text between the quotes, unescaped.</summary>
    public static string Decode(string raw, Place place)
    {
        if (!raw.Contains('\\'))
        {
            return raw;
        }

        StringBuilder text = new(raw.Length);
        for (int i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            i++;
            char c = raw[i];
            switch (c)
            {
                case '\n':
                    break;
                case '\\' or '\'' or '"':
                    text.Append(c);
                    break;
                case 'n' or 't' or 'r' or 'a' or 'b' or 'f' or 'v':
                    text.Append(_controls[c]);
                    break;
                case >= '0' and <= '7':
                    i = Octal(raw, i, text);
                    break;
                case 'x':
                    i = Hex(raw, i, 2, "truncated \\xXX escape", text, place);
                    break;
                case 'u':
                    i = Hex(raw, i, 4, "truncated \\uXXXX escape", text, place);
                    break;
                case 'U':
                    i = Hex(raw, i, 8, "truncated \\UXXXXXXXX escape", text, place);
                    break;
                case 'N':
                    throw place.Error("\\N{…} escapes are not supported: write the character itself");
                default:
                    i += Unknown(raw, i, text);
                    break;
            }
        }

        return text.ToString();
    }

    private static int Octal(string raw, int i, StringBuilder text)
    {
        int value = 0;
        int end = Math.Min(i + 3, raw.Length);
        for (; i < end && raw[i] is >= '0' and <= '7'; i++)
        {
            value = (value * 8) + (raw[i] - '0');
        }

        text.Append((char)value);
        return i - 1;
    }

    private static int Hex(string raw, int i, int digits, string error, StringBuilder text, Place place)
    {
        if (
            i + digits >= raw.Length
            || !uint.TryParse(
                raw.AsSpan(i + 1, digits),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out uint value
            )
        )
        {
            throw place.Error(error);
        }

        if (value > 0x10FFFF)
        {
            throw place.Error("illegal Unicode character");
        }

        text.Append(value < 0x10000 ? ((char)value).ToString() : char.ConvertFromUtf32((int)value));
        return i + digits;
    }

    /// <summary>A backslash before any other character stays; before a non-ASCII one jinja2 has already escaped it.</summary>
    private static int Unknown(string raw, int i, StringBuilder text)
    {
        text.Append('\\');
        if (raw[i] < 0x80)
        {
            text.Append(raw[i]);
            return 0;
        }

        int code = CodePoints.At(raw, i);
        text.Append(
            code switch
            {
                < 0x100 => "x" + code.ToString("x2", CultureInfo.InvariantCulture),
                < 0x10000 => "u" + code.ToString("x4", CultureInfo.InvariantCulture),
                _ => "U" + code.ToString("x8", CultureInfo.InvariantCulture),
            }
        );
        return CodePoints.WidthAt(raw, i) - 1;
    }
}
