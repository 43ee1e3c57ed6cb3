using System.Globalization;
using System.Text;
using MultiTurnTrainer.Tokenization.Unicode;

namespace MultiTurnTrainer.Tokenization.Tokenizers.Regex;

/// <summary>
/// Reads Oniguruma's default (Ruby-like) syntax. What differs from .NET and PCRE: <c>^</c> and <c>$</c> are always for
/// lines, <c>(?m)</c> lets the dot match newlines, <c>{n,m}+</c> repeats a group instead of being possessive,
/// <c>{,n}</c> is an interval, classes nest and intersect, <c>\h</c> is a hexadecimal digit.
/// </summary>
internal sealed class RegexParser
{
    private const int MaxRepeat = 100_000;

    private readonly int[] _pattern;
    private readonly List<string?> _groups = [null];
    private readonly bool _hasNamed;
    private int _at;
    private bool _ignoreCase;
    private bool _dotAll;
    private bool _extended;

    private RegexParser(string pattern)
    {
        _pattern = [.. pattern.EnumerateRunes().Select(r => r.Value)];
        // Where a group has a name, plain parentheses do not capture.
        _hasNamed = pattern.Contains("(?<", StringComparison.Ordinal) && HasNamedGroup(pattern);
    }

    /// <summary>The tree, and the number of groups including the whole match.</summary>
    /// <exception cref="RegexSyntaxException">The pattern is not valid, or uses what this engine does not have.</exception>
    public static (RegexNode Root, int Groups) Parse(string pattern)
    {
        RegexParser parser = new(pattern);
        RegexNode root = parser.Alternation();
        if (parser._at < parser._pattern.Length)
        {
            throw parser.Error("unmatched close parenthesis");
        }

        return (root, parser._groups.Count);
    }

    private static bool HasNamedGroup(string pattern)
    {
        for (int i = pattern.IndexOf("(?<", StringComparison.Ordinal); i >= 0; )
        {
            if (i + 3 < pattern.Length && pattern[i + 3] is not ('=' or '!') && (i == 0 || pattern[i - 1] != '\\'))
            {
                return true;
            }

            i = pattern.IndexOf("(?<", i + 1, StringComparison.Ordinal);
        }

        return false;
    }

    private RegexNode Alternation()
    {
        List<RegexNode> branches = [Sequence()];
        while (Take('|'))
        {
            branches.Add(Sequence());
        }

        return branches.Count == 1 ? branches[0] : new RegexNode.Alternate(branches);
    }

    private RegexNode Sequence()
    {
        List<RegexNode> parts = [];
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
        {
            if (_extended && SkipExtended())
            {
                continue;
            }

            RegexNode part = Atom();
            parts.Add(Quantified(part));
        }

        return parts.Count switch
        {
            0 => new RegexNode.Empty(),
            1 => parts[0],
            _ => new RegexNode.Concat(parts),
        };
    }

    private bool SkipExtended()
    {
        int c = _pattern[_at];
        if (c is ' ' or '\t' or '\n' or '\r' or '\f' or '\v')
        {
            _at++;
            return true;
        }

        if (c != '#')
        {
            return false;
        }

        while (_at < _pattern.Length && _pattern[_at] != '\n')
        {
            _at++;
        }

        return true;
    }

    private RegexNode Quantified(RegexNode body)
    {
        while (true)
        {
            if (_extended && _at < _pattern.Length && SkipExtended())
            {
                continue;
            }

            int min;
            int max;
            bool interval = false;
            if (Take('*'))
            {
                (min, max) = (0, -1);
            }
            else if (Take('+'))
            {
                (min, max) = (1, -1);
            }
            else if (Take('?'))
            {
                (min, max) = (0, 1);
            }
            else if (Interval(out min, out max))
            {
                interval = true;
            }
            else
            {
                return body;
            }

            if (body is RegexNode.Assert)
            {
                throw Error("target of repeat operator is invalid");
            }

            RepeatMode mode = RepeatMode.Greedy;
            if (!interval && Take('+'))
            {
                mode = RepeatMode.Possessive;
            }
            else if (interval && min == max && Take('?'))
            {
                // Ruby reads x{n}? as (?:x{n})?
                body = new RegexNode.Repeat(body, min, max, RepeatMode.Greedy);
                (min, max) = (0, 1);
            }
            else if (Take('?'))
            {
                mode = RepeatMode.Lazy;
            }

            body = new RegexNode.Repeat(body, min, max, mode);
        }
    }

    // {n} {n,} {n,m} {,m}; anything else is literal text.
    private bool Interval(out int min, out int max)
    {
        int start = _at;
        (min, max) = (0, -1);
        if (!Take('{'))
        {
            return false;
        }

        bool hasMin = Digits(out min);
        if (Take(','))
        {
            bool hasMax = Digits(out max);
            max = hasMax ? max : -1;
            if ((hasMin || hasMax) && Take('}'))
            {
                if (max >= 0 && min > max)
                {
                    throw Error("invalid repeat range {lower,upper}");
                }

                return true;
            }
        }
        else if (hasMin && Take('}'))
        {
            max = min;
            return true;
        }

        _at = start;
        return false;
    }

    private bool Digits(out int value)
    {
        int start = _at;
        value = 0;
        while (_at < _pattern.Length && _pattern[_at] is >= '0' and <= '9')
        {
            value = value * 10 + _pattern[_at++] - '0';
            if (value > MaxRepeat)
            {
                throw Error("too big number for repeat range");
            }
        }

        return _at > start;
    }

    private RegexNode Atom()
    {
        int c = _pattern[_at++];
        switch (c)
        {
            case '(':
                return Group();
            case '[':
                return Scalar(Class());
            case '.':
                return new RegexNode.Scalar(_dotAll ? RegexClasses.Any : RegexClasses.NotNewline);
            case '^':
                return new RegexNode.Assert(RegexAssertion.LineStart);
            case '$':
                return new RegexNode.Assert(RegexAssertion.LineEnd);
            case '\\':
                return Escape();
            case '*' or '+' or '?':
                throw Error("target of repeat operator is not specified");
            default:
                return Scalar(CodePointSet.Range(c, c));
        }
    }

    private RegexNode.Scalar Scalar(CodePointSet set) => new(_ignoreCase ? CaseFolding.Close(set) : set);

    private RegexNode Group()
    {
        if (!Take('?'))
        {
            return _hasNamed ? Enclosed(Alternation) : CaptureGroup(null);
        }

        if (_at >= _pattern.Length)
        {
            throw Error("end pattern in group");
        }

        int c = _pattern[_at++];
        switch (c)
        {
            case ':':
                return Enclosed(Alternation);
            case '=':
                return new RegexNode.Look(Enclosed(Alternation), Behind: false, Negative: false);
            case '!':
                return new RegexNode.Look(Enclosed(Alternation), Behind: false, Negative: true);
            case '>':
                return new RegexNode.Atomic(Enclosed(Alternation));
            case '#':
                while (_at < _pattern.Length && _pattern[_at] != ')')
                {
                    _at++;
                }

                _at++;
                return new RegexNode.Empty();
            case '<' when Take('='):
                return new RegexNode.Look(Enclosed(Alternation), Behind: true, Negative: false);
            case '<' when Take('!'):
                return new RegexNode.Look(Enclosed(Alternation), Behind: true, Negative: true);
            case '<' or '\'':
                return CaptureGroup(Name(c == '<' ? '>' : '\''));
            default:
                _at--;
                return Options();
        }
    }

    private RegexNode.Capture CaptureGroup(string? name)
    {
        int index = _groups.Count;
        _groups.Add(name);
        return new RegexNode.Capture(index, Enclosed(Alternation));
    }

    private string Name(int close)
    {
        StringBuilder name = new();
        while (_at < _pattern.Length && _pattern[_at] != close)
        {
            name.Append(new Rune(_pattern[_at++]));
        }

        if (!Take(close) || name.Length == 0)
        {
            throw Error("invalid group name");
        }

        return name.ToString();
    }

    // The options in force before the group hold again behind it.
    private RegexNode Enclosed(Func<RegexNode> inner)
    {
        (bool ignoreCase, bool dotAll, bool extended) = (_ignoreCase, _dotAll, _extended);
        RegexNode node = inner();
        (_ignoreCase, _dotAll, _extended) = (ignoreCase, dotAll, extended);
        if (!Take(')'))
        {
            throw Error("end pattern with unmatched parenthesis");
        }

        return node;
    }

    // (?imx-imx:…) and (?imx-imx), which reaches to the end of the enclosing group.
    private RegexNode Options()
    {
        (bool ignoreCase, bool dotAll, bool extended) = (_ignoreCase, _dotAll, _extended);
        bool on = true;
        while (_at < _pattern.Length)
        {
            int c = _pattern[_at++];
            switch (c)
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    ignoreCase = on;
                    break;
                case 'm':
                    dotAll = on;
                    break;
                case 'x':
                    extended = on;
                    break;
                case ':':
                    return Enclosed(() =>
                    {
                        (_ignoreCase, _dotAll, _extended) = (ignoreCase, dotAll, extended);
                        return Alternation();
                    });
                case ')':
                    (bool oldCase, bool oldDot, bool oldExtended) = (_ignoreCase, _dotAll, _extended);
                    (_ignoreCase, _dotAll, _extended) = (ignoreCase, dotAll, extended);
                    RegexNode rest = Alternation();
                    (_ignoreCase, _dotAll, _extended) = (oldCase, oldDot, oldExtended);
                    return rest;
                default:
                    throw Error("undefined group option");
            }
        }

        throw Error("end pattern in group");
    }

    private RegexNode Escape()
    {
        if (_at >= _pattern.Length)
        {
            throw Error("end pattern at escape");
        }

        int c = _pattern[_at];
        RegexNode? special = c switch
        {
            'A' => new RegexNode.Assert(RegexAssertion.TextStart),
            'z' => new RegexNode.Assert(RegexAssertion.TextEnd),
            'Z' => new RegexNode.Assert(RegexAssertion.TextEndOrNewline),
            'G' => new RegexNode.Assert(RegexAssertion.SearchStart),
            'b' => new RegexNode.Assert(RegexAssertion.WordBoundary),
            'B' => new RegexNode.Assert(RegexAssertion.NoWordBoundary),
            'R' => NewlineSequence(),
            'N' => new RegexNode.Scalar(RegexClasses.NotNewline),
            'O' => new RegexNode.Scalar(RegexClasses.Any),
            _ => null,
        };
        if (special is not null)
        {
            _at++;
            return special;
        }

        if (c is 'K' or 'X' or 'y' or 'Y' or 'g')
        {
            throw Error($"\\{(char)c} is not supported");
        }

        if (c == 'k' && _at + 1 < _pattern.Length && _pattern[_at + 1] is '<' or '\'')
        {
            _at += 2;
            string name = Name(_pattern[_at - 1] == '<' ? '>' : '\'');
            return new RegexNode.Backreference(GroupOf(name));
        }

        if (c is >= '1' and <= '9')
        {
            int start = _at;
            if (Digits(out int index) && index < _groups.Count)
            {
                return new RegexNode.Backreference(index);
            }

            _at = start;
            if (c >= '8')
            {
                throw Error("invalid backref number/name");
            }
        }

        return Scalar(ClassEscape(out _));
    }

    private static RegexNode.Atomic NewlineSequence() =>
        new(
            new RegexNode.Alternate([
                new RegexNode.Concat([
                    new RegexNode.Scalar(CodePointSet.Range('\r', '\r')),
                    new RegexNode.Scalar(CodePointSet.Range('\n', '\n')),
                ]),
                new RegexNode.Scalar(
                    CodePointSet
                        .Range('\n', '\r')
                        .Union(CodePointSet.Range(0x85, 0x85))
                        .Union(CodePointSet.Range(0x2028, 0x2029))
                ),
            ])
        );

    private int GroupOf(string name)
    {
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return number;
        }

        int index = _groups.IndexOf(name);
        return index > 0 ? index : throw Error($"undefined name <{name}> reference");
    }

    // What a backslash means inside a class and, mostly, outside. single: the one scalar it stands for, or −1.
    private CodePointSet ClassEscape(out int single)
    {
        if (_at >= _pattern.Length)
        {
            throw Error("end pattern at escape");
        }

        int c = _pattern[_at++];
        single = -1;
        switch (c)
        {
            case 's':
                return RegexClasses.Space;
            case 'S':
                return RegexClasses.Space.Complement();
            case 'd':
                return RegexClasses.Digit;
            case 'D':
                return RegexClasses.Digit.Complement();
            case 'w':
                return RegexClasses.Word;
            case 'W':
                return RegexClasses.Word.Complement();
            case 'h':
                return RegexClasses.HexDigit;
            case 'H':
                return RegexClasses.HexDigit.Complement();
            case 'p' or 'P' when Take('{'):
                bool negative = (c == 'P') ^ Take('^');
                string name = Name('}');
                CodePointSet set =
                    RegexClasses.Property(name) ?? throw Error($"invalid character property name {{{name}}}");
                return negative ? set.Complement() : set;
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
            'x' => Hexadecimal(),
            'u' => Hexadecimal(4, 4),
            'c' => Control(),
            >= '0' and <= '7' => Octal(c - '0'),
            _ => c,
        };
        return CodePointSet.Range(single, single);
    }

    private int Hexadecimal()
    {
        if (!Take('{'))
        {
            return Hexadecimal(0, 2);
        }

        int value = Hexadecimal(1, 8);
        return Take('}') ? value : throw Error("invalid code point value");
    }

    private int Hexadecimal(int min, int max)
    {
        int value = 0;
        int count = 0;
        while (count < max && _at < _pattern.Length && _pattern[_at] < 128 && char.IsAsciiHexDigit((char)_pattern[_at]))
        {
            value = value * 16 + Convert.ToInt32(((char)_pattern[_at++]).ToString(), 16);
            count++;
        }

        return count >= min && value is >= 0 and < CodePointSet.End ? value : throw Error("invalid code point value");
    }

    private int Control() => _at < _pattern.Length ? _pattern[_at++] & 0x9F : throw Error("end pattern at control");

    private int Octal(int value)
    {
        for (int count = 1; count < 3 && _at < _pattern.Length && _pattern[_at] is >= '0' and <= '7'; count++)
        {
            value = value * 8 + _pattern[_at++] - '0';
        }

        return value;
    }

    // Behind the opening bracket.
    private CodePointSet Class()
    {
        bool negative = Take('^');
        CodePointSet? left = null;
        CodePointSet set = CodePointSet.Empty;
        bool first = true;
        int last = -1;
        while (true)
        {
            if (_at >= _pattern.Length)
            {
                throw Error("premature end of char-class");
            }

            int c = _pattern[_at++];
            if (c == ']' && !(first && Array.IndexOf(_pattern, ']', _at) >= 0))
            {
                if (first)
                {
                    throw Error("empty char-class");
                }

                break;
            }

            bool wasFirst = first;
            first = false;
            if (c == '&' && _at < _pattern.Length && _pattern[_at] == '&')
            {
                _at++;
                left = left is null ? set : left.Intersect(set);
                set = CodePointSet.Empty;
                last = -1;
                continue;
            }

            if (c == '[')
            {
                set = set.Union(Nested());
                last = -1;
                continue;
            }

            if (c == '-' && last >= 0 && !wasFirst && _at < _pattern.Length && _pattern[_at] != ']')
            {
                if (_pattern[_at] == '[' || (_pattern[_at] == '&' && Peek(1) == '&'))
                {
                    set = set.Union(CodePointSet.Range('-', '-'));
                    last = -1;
                    continue;
                }

                int from = last;
                CodePointSet end = Member(out int to);
                if (to < 0)
                {
                    set = set.Union(CodePointSet.Range('-', '-')).Union(end);
                }
                else if (to < from)
                {
                    throw Error("empty range in char class");
                }
                else
                {
                    set = set.Union(CodePointSet.Range(from, to));
                }

                last = -1;
                continue;
            }

            _at--;
            set = set.Union(Member(out last));
        }

        set = left is null ? set : left.Intersect(set);
        // Case is folded before the class is turned inside out.
        set = _ignoreCase ? CaseFolding.Close(set) : set;
        return negative ? set.Complement() : set;
    }

    private CodePointSet Member(out int single)
    {
        int c = _pattern[_at++];
        if (c == '\\')
        {
            return ClassEscape(out single);
        }

        single = c;
        return CodePointSet.Range(c, c);
    }

    // A nested class or a POSIX bracket, behind its opening bracket.
    private CodePointSet Nested()
    {
        if (Peek(0) == ':')
        {
            int at = _at + 1;
            bool negative = at < _pattern.Length && _pattern[at] == '^';
            at += negative ? 1 : 0;
            StringBuilder name = new();
            while (at < _pattern.Length && _pattern[at] is >= 'a' and <= 'z')
            {
                name.Append((char)_pattern[at++]);
            }

            if (
                at + 1 < _pattern.Length
                && _pattern[at] == ':'
                && _pattern[at + 1] == ']'
                && RegexClasses.Posix(name.ToString()) is { } set
            )
            {
                _at = at + 2;
                return negative ? set.Complement() : set;
            }
        }

        return Class();
    }

    private int Peek(int ahead) => _at + ahead < _pattern.Length ? _pattern[_at + ahead] : -1;

    private bool Take(int c)
    {
        if (_at < _pattern.Length && _pattern[_at] == c)
        {
            _at++;
            return true;
        }

        return false;
    }

    private RegexSyntaxException Error(string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{what} (at character {_at} of the pattern)"));
}
