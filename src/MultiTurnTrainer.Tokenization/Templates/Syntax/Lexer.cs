using System.Globalization;
using System.Numerics;
using System.Text;
using MultiTurnTrainer.Tokenization.Templates.Values;

namespace MultiTurnTrainer.Tokenization.Templates.Syntax;

/// <summary>
/// Cuts a template into tokens as jinja2 does with <c>trim_blocks</c> and <c>lstrip_blocks</c>: the newline after a
/// block is dropped, blanks before a block at the start of its line too, unless <c>+</c> says otherwise.
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] _operators =
    [
        "**",
        "//",
        "==",
        "!=",
        ">=",
        "<=",
        "+",
        "-",
        "/",
        "*",
        "%",
        "~",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        ">",
        "<",
        "=",
        ".",
        ":",
        "|",
        ",",
        ";",
    ];

    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _at;
    private int _line = 1;
    private int _lineStart;
    private int _counted;
    private bool _lineStarting = true;

    private Lexer(string source)
    {
        _source = source;
    }

    /// <summary>The tokens of a template, with an end token.</summary>
    /// <exception cref="TemplateException">Not Jinja, with line and column.</exception>
    public static List<Token> Tokenize(string template)
    {
        string source = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        Lexer lexer = new(source.EndsWith('\n') ? source[..^1] : source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (_at < _source.Length)
        {
            int tag = FindTag(_at);
            if (tag < 0)
            {
                Add(TokenKind.Data, _source[_at..], _at);
                _at = _source.Length;
                break;
            }

            Open(tag);
        }

        Add(TokenKind.End, "", _source.Length);
    }

    private void Open(int tag)
    {
        char kind = _source[tag + 1];
        int after = tag + 2;
        char sign = after < _source.Length && _source[after] is '-' or '+' ? _source[after] : '\0';
        after += sign == '\0' ? 0 : 1;
        int rawEnd = kind == '%' ? RawBegin(after) : -1;
        AddData(_at, tag, sign, kind != '{');
        if (rawEnd >= 0)
        {
            _at = rawEnd;
            _lineStarting = _source[rawEnd - 1] == '\n';
            Raw(tag);
        }
        else if (kind == '#')
        {
            _at = after;
            Comment(tag);
        }
        else
        {
            Add(kind == '{' ? TokenKind.VariableBegin : TokenKind.BlockBegin, "", tag);
            _at = after;
            Code(kind == '{');
        }
    }

    private int FindTag(int from)
    {
        for (int i = from; ; i++)
        {
            i = _source.IndexOf('{', i);
            if (i < 0 || i + 1 >= _source.Length)
            {
                return -1;
            }

            if (_source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }
    }

    private void AddData(int from, int to, char sign, bool isBlock)
    {
        int end = to;
        if (sign == '-')
        {
            while (end > from && IsSpace(_source[end - 1]))
            {
                end--;
            }
        }
        else if (sign != '+' && isBlock)
        {
            int line = end > from ? _source.LastIndexOf('\n', end - 1, end - from) + 1 : 0;
            line = line == 0 ? from : line;
            if ((line > from || _lineStarting) && line < to && IsBlank(line, to))
            {
                end = line;
            }
        }

        if (end > from)
        {
            Add(TokenKind.Data, _source[from..end], from);
        }
    }

    private bool IsBlank(int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            if (!IsSpace(_source[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Where the text of a raw block begins, or -1 when the tag is not <c>raw</c>.</summary>
    private int RawBegin(int at)
    {
        at = SkipSpace(at);
        if (string.CompareOrdinal(_source, at, "raw", 0, 3) != 0)
        {
            return -1;
        }

        at = SkipSpace(at + 3);
        if (Matches(at, "-%}"))
        {
            return SkipSpace(at + 3);
        }

        return Matches(at, "%}") ? at + 2 : -1;
    }

    private void Raw(int opened)
    {
        int from = _at;
        for (int i = from; ; i++)
        {
            i = _source.IndexOf("{%", i, StringComparison.Ordinal);
            if (i < 0)
            {
                throw PlaceOf(opened).Error("Missing end of raw directive");
            }

            int at = i + 2;
            char sign = at < _source.Length && _source[at] is '-' or '+' ? _source[at] : '\0';
            at = SkipSpace(at + (sign == '\0' ? 0 : 1));
            if (!Matches(at, "endraw"))
            {
                continue;
            }

            at = SkipSpace(at + 6);
            int end = BlockEnd(at);
            if (end < 0)
            {
                continue;
            }

            AddData(from, i, sign, isBlock: true);
            _at = end;
            _lineStarting = _source[end - 1] == '\n';
            return;
        }
    }

    private void Comment(int opened)
    {
        int end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            throw PlaceOf(opened).Error("Missing end of comment tag");
        }

        char sign = end > _at ? _source[end - 1] : '\0';
        _at = end + 2;
        if (sign == '-')
        {
            _at = SkipSpace(_at);
        }
        else if (sign != '+' && _at < _source.Length && _source[_at] == '\n')
        {
            _at++;
        }

        _lineStarting = _source[_at - 1] == '\n';
    }

    /// <summary>Where the text after the end of a block begins, or -1 when there is no end here.</summary>
    private int BlockEnd(int at)
    {
        if (Matches(at, "+%}"))
        {
            return at + 3;
        }

        if (Matches(at, "-%}"))
        {
            return SkipSpace(at + 3);
        }

        if (!Matches(at, "%}"))
        {
            return -1;
        }

        return at + 2 < _source.Length && _source[at + 2] == '\n' ? at + 3 : at + 2;
    }

    private int VariableEnd(int at) =>
        Matches(at, "-}}") ? SkipSpace(at + 3)
        : Matches(at, "}}") ? at + 2
        : -1;

    private void Code(bool variable)
    {
        Stack<char> open = new();
        while (true)
        {
            _at = SkipSpace(_at);
            if (_at >= _source.Length)
            {
                return;
            }

            int end =
                open.Count > 0 ? -1
                : variable ? VariableEnd(_at)
                : BlockEnd(_at);
            if (end >= 0)
            {
                Add(variable ? TokenKind.VariableEnd : TokenKind.BlockEnd, "", _at);
                _at = end;
                _lineStarting = _source[end - 1] == '\n';
                return;
            }

            char c = _source[_at];
            if (char.IsAsciiDigit(c))
            {
                Number();
            }
            else if (IsNamePart(_at))
            {
                Name();
            }
            else if (c is '\'' or '"')
            {
                String(c);
            }
            else
            {
                Operator(open);
            }
        }
    }

    private void Operator(Stack<char> open)
    {
        foreach (string op in _operators)
        {
            if (!Matches(_at, op))
            {
                continue;
            }

            Token token = Add(TokenKind.Operator, op, _at);
            switch (op)
            {
                case "(":
                    open.Push(')');
                    break;
                case "[":
                    open.Push(']');
                    break;
                case "{":
                    open.Push('}');
                    break;
                case ")" or "]" or "}":
                    if (!open.TryPop(out char expected))
                    {
                        throw token.Place.Error($"unexpected '{op}'");
                    }

                    if (expected != op[0])
                    {
                        throw token.Place.Error($"unexpected '{op}', expected '{expected}'");
                    }

                    break;
            }

            _at += op.Length;
            return;
        }

        throw PlaceOf(_at).Error($"unexpected char '{_source[_at]}' at {_at}");
    }

    private void Name()
    {
        int from = _at;
        while (_at < _source.Length && IsNamePart(_at))
        {
            _at += CodePoints.WidthAt(_source, _at);
        }

        string name = _source[from.._at];
        Token token = Add(TokenKind.Name, name, from);
        if (!Rune.IsLetter(Rune.GetRuneAt(name, 0)) && name[0] != '_')
        {
            throw token.Place.Error("Invalid character in identifier");
        }
    }

    private void Number()
    {
        int from = _at;
        bool afterDot = from > 0 && _source[from - 1] == '.';
        int digits = Digits(from, char.IsAsciiDigit);
        int end = digits;
        if (!afterDot)
        {
            int fraction =
                digits < _source.Length && _source[digits] == '.' ? Digits(digits + 1, char.IsAsciiDigit) : -1;
            fraction = fraction > digits + 1 ? fraction : -1;
            int beforeExponent = fraction > 0 ? fraction : digits;
            int exponent = Exponent(beforeExponent);
            end =
                exponent > 0 ? exponent
                : fraction > 0 ? fraction
                : digits;
        }

        if (end > digits)
        {
            string real = _source[from..end].Replace("_", "", StringComparison.Ordinal);
            _at = end;
            Add(
                TokenKind.Number,
                real,
                from,
                FloatValue.Of(double.Parse(real, NumberStyles.Float, CultureInfo.InvariantCulture))
            );
            return;
        }

        Add(TokenKind.Number, "", from, Integer(from));
    }

    private IntValue Integer(int from)
    {
        if (_source[from] == '0' && from + 1 < _source.Length)
        {
            (int radix, Func<char, bool>? isDigit) = char.ToLowerInvariant(_source[from + 1]) switch
            {
                'b' => (2, static c => c is '0' or '1'),
                'o' => (8, static c => c is >= '0' and <= '7'),
                'x' => (16, char.IsAsciiHexDigit),
                _ => (0, (Func<char, bool>?)null),
            };
            if (isDigit is not null)
            {
                int first = from + 2 < _source.Length && _source[from + 2] == '_' ? from + 3 : from + 2;
                int end = Digits(first, isDigit);
                if (end > first)
                {
                    BigInteger value = 0;
                    foreach (char c in _source.AsSpan(first, end - first))
                    {
                        value = c == '_' ? value : (value * radix) + Convert.ToInt32(c.ToString(), 16);
                    }

                    _at = end;
                    return IntValue.Of(value);
                }
            }

            // Python has no octal by leading zero: 007 is three numbers, and a syntax error in the parser.
            _at = Digits(from, static c => c == '0');
            return IntValue.Of(0);
        }

        _at = Digits(from, char.IsAsciiDigit);
        string text = _source[from.._at].Replace("_", "", StringComparison.Ordinal);
        if (text.Length > 4300)
        {
            throw PlaceOf(from).Error("the number has too many digits");
        }

        return IntValue.Of(BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture));
    }

    /// <summary>The end of digits with single underscores between them, or the start when there are none.</summary>
    private int Digits(int from, Func<char, bool> isDigit)
    {
        int at = from;
        while (at < _source.Length)
        {
            if (isDigit(_source[at]))
            {
                at++;
            }
            else if (_source[at] == '_' && at > from && at + 1 < _source.Length && isDigit(_source[at + 1]))
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

    private int Exponent(int at)
    {
        if (at >= _source.Length || _source[at] is not ('e' or 'E'))
        {
            return -1;
        }

        at++;
        if (at < _source.Length && _source[at] is '+' or '-')
        {
            at++;
        }

        int end = Digits(at, char.IsAsciiDigit);
        return end > at ? end : -1;
    }

    private void String(char quote)
    {
        int from = _at;
        int at = from + 1;
        while (at < _source.Length && _source[at] != quote)
        {
            at += _source[at] == '\\' ? 2 : 1;
        }

        if (at >= _source.Length)
        {
            throw PlaceOf(from).Error($"unexpected char '{quote}' at {from}");
        }

        Place place = PlaceOf(from);
        string text = StringEscapes.Decode(_source[(from + 1)..at], place);
        _tokens.Add(new Token(TokenKind.String, text, place));
        _at = at + 1;
    }

    private bool IsNamePart(int at)
    {
        if (char.IsAscii(_source[at]))
        {
            return char.IsAsciiLetterOrDigit(_source[at]) || _source[at] == '_';
        }

        return Rune.TryGetRuneAt(_source, at, out Rune rune)
            && Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.UppercaseLetter
                    or UnicodeCategory.LowercaseLetter
                    or UnicodeCategory.TitlecaseLetter
                    or UnicodeCategory.ModifierLetter
                    or UnicodeCategory.OtherLetter
                    or UnicodeCategory.LetterNumber
                    or UnicodeCategory.DecimalDigitNumber
                    or UnicodeCategory.OtherNumber
                    or UnicodeCategory.NonSpacingMark
                    or UnicodeCategory.SpacingCombiningMark
                    or UnicodeCategory.ConnectorPunctuation;
    }

    private static bool IsSpace(char c) => Whitespace.Is(c);

    private int SkipSpace(int at)
    {
        while (at < _source.Length && IsSpace(_source[at]))
        {
            at++;
        }

        return at;
    }

    private bool Matches(int at, string text) => string.CompareOrdinal(_source, at, text, 0, text.Length) == 0;

    private Token Add(TokenKind kind, string text, int at, Value? number = null)
    {
        Token token = new(kind, text, PlaceOf(at), number);
        _tokens.Add(token);
        return token;
    }

    private Place PlaceOf(int at)
    {
        if (at < _counted)
        {
            // Only errors look back.
            int line = _source.AsSpan(0, at).Count('\n') + 1;
            int start = at == 0 ? 0 : _source.LastIndexOf('\n', at - 1) + 1;
            return new Place(line, at - start + 1);
        }

        for (int i = _counted; i < at; i++)
        {
            if (_source[i] == '\n')
            {
                _line++;
                _lineStart = i + 1;
            }
        }

        _counted = at;
        return new Place(_line, at - _lineStart + 1);
    }
}
