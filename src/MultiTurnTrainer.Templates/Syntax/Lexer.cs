using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>
/// Cuts a template into text and tags as jinja2 does with <c>trim_blocks</c> and <c>lstrip_blocks</c>: the newline after
/// a block is dropped, blanks before a block at the start of its line too, unless <c>+</c> says otherwise.
/// </summary>
internal sealed class Lexer
{
    private readonly TemplateSource _source;
    private readonly List<Token> _tokens = [];
    private readonly CodeLexer _code;
    private int _at;
    private bool _lineStarting = true;

    private Lexer(TemplateSource source)
    {
        _source = source;
        _code = new CodeLexer(source, _tokens);
    }

    /// <summary>The tokens of a template, with an end token.</summary>
    /// <exception cref="TemplateException">Not Jinja, with line and column.</exception>
    public static List<Token> Tokenize(string template)
    {
        Lexer lexer = new(new TemplateSource(template));
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
                Add(TokenKind.Data, _source.Text[_at..], _at);
                break;
            }

            Open(tag);
        }

        Add(TokenKind.End, "", _source.Length);
    }

    private void Open(int tag)
    {
        char kind = _source[tag + 1];
        char sign = _source.SignAt(tag + 2);
        int after = tag + (sign == '\0' ? 2 : 3);
        int rawBegin = kind == '%' ? RawBegin(after) : -1;
        AddData(_at, tag, sign, kind != '{');
        if (rawBegin >= 0)
        {
            GoTo(rawBegin);
            Raw(tag);
        }
        else if (kind == '#')
        {
            Comment(tag, after);
        }
        else
        {
            Add(kind == '{' ? TokenKind.VariableBegin : TokenKind.BlockBegin, "", tag);
            GoTo(_code.Read(after, variable: kind == '{'));
        }
    }

    private void GoTo(int at)
    {
        _at = at;
        _lineStarting = _source[at - 1] == '\n';
    }

    private int FindTag(int from)
    {
        for (int i = from; ; i++)
        {
            i = _source.Text.IndexOf('{', i);
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
            while (end > from && Whitespace.Is(_source[end - 1]))
            {
                end--;
            }
        }
        else if (sign != '+' && isBlock)
        {
            int line = end > from ? _source.Text.LastIndexOf('\n', end - 1, end - from) + 1 : 0;
            line = line == 0 ? from : line;
            if ((line > from || _lineStarting) && line < to && _source.SkipSpace(line) >= to)
            {
                end = line;
            }
        }

        if (end > from)
        {
            Add(TokenKind.Data, _source.Text[from..end], from);
        }
    }

    /// <summary>Where the text of a raw block begins, or -1 when the tag is not <c>raw</c>.</summary>
    private int RawBegin(int at)
    {
        at = _source.SkipSpace(at);
        if (!_source.Matches(at, "raw"))
        {
            return -1;
        }

        at = _source.SkipSpace(at + 3);
        if (_source.Matches(at, "-%}"))
        {
            return _source.SkipSpace(at + 3);
        }

        return _source.Matches(at, "%}") ? at + 2 : -1;
    }

    private void Raw(int opened)
    {
        int from = _at;
        for (int i = from; ; i++)
        {
            i = _source.Text.IndexOf("{%", i, StringComparison.Ordinal);
            if (i < 0)
            {
                throw _source.PlaceOf(opened).Error("Missing end of raw directive");
            }

            char sign = _source.SignAt(i + 2);
            int at = _source.SkipSpace(i + (sign == '\0' ? 2 : 3));
            int end = _source.Matches(at, "endraw") ? _source.BlockEnd(_source.SkipSpace(at + 6)) : -1;
            if (end >= 0)
            {
                AddData(from, i, sign, isBlock: true);
                GoTo(end);
                return;
            }
        }
    }

    private void Comment(int opened, int from)
    {
        int end = _source.Text.IndexOf("#}", from, StringComparison.Ordinal);
        if (end < 0)
        {
            throw _source.PlaceOf(opened).Error("Missing end of comment tag");
        }

        char sign = end > from ? _source[end - 1] : '\0';
        int after = end + 2;
        bool trims = sign != '+' && after < _source.Length && _source[after] == '\n';
        GoTo(
            sign == '-' ? _source.SkipSpace(after)
            : trims ? after + 1
            : after
        );
    }

    private void Add(TokenKind kind, string text, int at) => _tokens.Add(new Token(kind, text, _source.PlaceOf(at)));
}
