namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>
/// Reads Oniguruma's default (Ruby-like) syntax. What differs from .NET and PCRE, apart from quantifiers and classes:
/// <c>^</c> and <c>$</c> are always for lines, <c>(?m)</c> lets the dot match newlines, <c>\h</c> is a hexadecimal digit.
/// </summary>
internal sealed class RegexParser
{
    private readonly PatternReader _pattern;
    private readonly List<string?> _groups = [null];
    private readonly bool _hasNamed;
    private Options _options;

    private RegexParser(string pattern)
    {
        _pattern = new PatternReader(pattern);
        // Where a group has a name, plain parentheses do not capture.
        _hasNamed = HasNamedGroup(pattern);
    }

    /// <summary>The tree, and the number of groups including the whole match.</summary>
    /// <exception cref="RegexSyntaxException">The pattern is not valid, or uses what this engine does not have.</exception>
    public static (RegexNode Root, int Groups) Parse(string pattern)
    {
        RegexParser parser = new(pattern);
        RegexNode root = parser.Alternation();
        return parser._pattern.AtEnd
            ? (root, parser._groups.Count)
            : throw parser._pattern.Error("unmatched close parenthesis");
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
        RegexSyntaxException.ThrowIfTooDeep();
        List<RegexNode> branches = [Sequence()];
        while (_pattern.Take('|'))
        {
            branches.Add(Sequence());
        }

        return branches.Count == 1 ? branches[0] : new RegexNode.Alternate(branches);
    }

    private RegexNode Sequence()
    {
        List<RegexNode> parts = [];
        List<int> text = [];
        while (_pattern.Current is not ('|' or ')' or -1))
        {
            if (_options.Extended && _pattern.TakeBlank())
            {
                continue;
            }

            bool ignoreCase = _options.IgnoreCase;
            RegexNode atom = Atom(out int letter);
            atom = ignoreCase && letter >= 0 ? MultipleFolding.Expand([letter]) ?? atom : atom;
            RegexNode part = RegexQuantifiers.Apply(_pattern, atom, _options.Extended);
            if (ignoreCase && letter >= 0 && ReferenceEquals(part, atom))
            {
                text.Add(letter);
                continue;
            }

            AddText(text, parts);
            parts.Add(part);
        }

        AddText(text, parts);
        return parts.Count switch
        {
            0 => new RegexNode.Empty(),
            1 => parts[0],
            _ => new RegexNode.Concat(parts),
        };
    }

    // Letters side by side that ignore case: together they may equal one.
    private static void AddText(List<int> text, List<RegexNode> parts)
    {
        if (text.Count > 0 && MultipleFolding.Expand(text) is { } whole)
        {
            parts.Add(whole);
        }
        else
        {
            parts.AddRange(text.Select(c => new RegexNode.Scalar(CaseFolding.Close(CodePointSet.Range(c, c)))));
        }

        text.Clear();
    }

    // letter: the one scalar that the atom stands for, or −1.
    private RegexNode Atom(out int letter)
    {
        int c = _pattern.Next("");
        letter = -1;
        switch (c)
        {
            case '(':
                return Group();
            case '[':
                return Class();
            case '.':
                return new RegexNode.Scalar(_options.DotAll ? RegexClasses.Any : RegexClasses.NotNewline);
            case '^':
                return new RegexNode.Assert(RegexAssertion.LineStart);
            case '$':
                return new RegexNode.Assert(RegexAssertion.LineEnd);
            case '\\':
                return Escape(out letter);
            case '*' or '+' or '?':
                throw _pattern.Error("target of repeat operator is not specified");
            default:
                letter = c;
                return Scalar(CodePointSet.Range(c, c));
        }
    }

    private RegexNode Class()
    {
        bool negative = _pattern.Current == '^';
        CodePointSet set = RegexClassReader.Read(_pattern, _options.IgnoreCase);
        return _options.IgnoreCase && !negative ? MultipleFolding.Expand(set) : Scalar(set);
    }

    private RegexNode.Scalar Scalar(CodePointSet set) => new(_options.IgnoreCase ? CaseFolding.Close(set) : set);

    private RegexNode Group()
    {
        if (!_pattern.Take('?'))
        {
            return _hasNamed ? Enclosed(_options) : CaptureGroup(null);
        }

        switch (_pattern.Next("end pattern in group"))
        {
            case ':':
                return Enclosed(_options);
            case '=':
                return new RegexNode.Look(Enclosed(_options), Behind: false, Negative: false);
            case '!':
                return new RegexNode.Look(Enclosed(_options), Behind: false, Negative: true);
            case '>':
                return new RegexNode.Atomic(Enclosed(_options));
            case '#':
                _pattern.SkipTo(')');
                _pattern.Skip();
                return new RegexNode.Empty();
            case '<' when _pattern.Take('='):
                return new RegexNode.Look(Enclosed(_options), Behind: true, Negative: false);
            case '<' when _pattern.Take('!'):
                return new RegexNode.Look(Enclosed(_options), Behind: true, Negative: true);
            case '<':
                return CaptureGroup(_pattern.Name('>'));
            case '\'':
                return CaptureGroup(_pattern.Name('\''));
            default:
                _pattern.Skip(-1);
                return OptionGroup();
        }
    }

    private RegexNode.Capture CaptureGroup(string? name)
    {
        int index = _groups.Count;
        _groups.Add(name);
        return new RegexNode.Capture(index, Enclosed(_options));
    }

    // (?imx-imx:…) and (?imx-imx), which reaches to the end of the enclosing group.
    private RegexNode OptionGroup()
    {
        Options options = _options;
        bool on = true;
        while (true)
        {
            switch (_pattern.Next("end pattern in group"))
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    options = options with { IgnoreCase = on };
                    break;
                case 'm':
                    options = options with { DotAll = on };
                    break;
                case 'x':
                    options = options with { Extended = on };
                    break;
                case ':':
                    return Enclosed(options);
                case ')':
                    return With(options);
                default:
                    throw _pattern.Error("undefined group option");
            }
        }
    }

    private RegexNode Enclosed(Options options)
    {
        RegexNode node = With(options);
        return _pattern.Take(')') ? node : throw _pattern.Error("end pattern with unmatched parenthesis");
    }

    // The options in force before hold again behind.
    private RegexNode With(Options options)
    {
        Options outer = _options;
        _options = options;
        RegexNode node = Alternation();
        _options = outer;
        return node;
    }

    private RegexNode Escape(out int letter)
    {
        letter = -1;
        int c = RegexEscapes.PeekLetter(_pattern);
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
            'K' or 'X' or 'y' or 'Y' or 'g' => throw _pattern.Error($"\\{(char)c} is not supported"),
            _ => null,
        };
        if (special is not null)
        {
            _pattern.Skip();
            return special;
        }

        return Backreference(c) ?? (RegexNode)Scalar(RegexEscapes.Read(_pattern, out letter));
    }

    private RegexNode.Backreference? Backreference(int letter)
    {
        if (letter == 'k' && _pattern.Peek(1) is '<' or '\'')
        {
            int open = _pattern.Peek(1);
            _pattern.Skip(2);
            return new RegexNode.Backreference(GroupOf(_pattern.Name(open == '<' ? '>' : open)));
        }

        if (letter is not (>= '1' and <= '9'))
        {
            return null;
        }

        int index = 0;
        return _pattern.Try(() => _pattern.Number(out index) && index < _groups.Count)
                ? new RegexNode.Backreference(index)
            : letter >= '8' ? throw _pattern.Error("invalid backref number/name")
            : null;
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
        return index > 0 ? index : throw _pattern.Error($"undefined name <{name}> reference");
    }

    private readonly record struct Options(bool IgnoreCase, bool DotAll, bool Extended);
}
