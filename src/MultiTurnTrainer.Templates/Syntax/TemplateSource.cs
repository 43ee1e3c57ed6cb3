using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>The text of a template: what stands where, and on which line.</summary>
internal sealed class TemplateSource
{
    private int _line = 1;
    private int _lineStart;
    private int _counted;

    /// <summary>Line ends become <c>\n</c>; one at the end of the template is dropped, as jinja2 does.</summary>
    public TemplateSource(string template)
    {
        string text = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        Text = text.EndsWith('\n') ? text[..^1] : text;
    }

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>Its length.</summary>
    public int Length => Text.Length;

    /// <summary>One UTF-16 unit.</summary>
    public char this[int at] => Text[at];

    /// <summary>Whether a text begins at a position.</summary>
    public bool Matches(int at, string text) => string.CompareOrdinal(Text, at, text, 0, text.Length) == 0;

    /// <summary>The position behind whitespace.</summary>
    public int SkipSpace(int at)
    {
        while (at < Length && Whitespace.Is(Text[at]))
        {
            at++;
        }

        return at;
    }

    /// <summary>The sign at a position that says what becomes of the whitespace beside a tag, or NUL.</summary>
    public char SignAt(int at) => at < Length && Text[at] is '-' or '+' ? Text[at] : '\0';

    /// <summary>Where the text behind the end of a block begins, or -1 when there is no end here.</summary>
    public int BlockEnd(int at)
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

        return at + 2 < Length && Text[at + 2] == '\n' ? at + 3 : at + 2;
    }

    /// <summary>Where the text behind the end of <c>{{ … }}</c> begins, or -1 when there is no end here.</summary>
    public int VariableEnd(int at) =>
        Matches(at, "-}}") ? SkipSpace(at + 3)
        : Matches(at, "}}") ? at + 2
        : -1;

    /// <summary>Line and column of a position; positions are asked for in rising order but for errors.</summary>
    public Place PlaceOf(int at)
    {
        if (at < _counted)
        {
            int line = Text.AsSpan(0, at).Count('\n') + 1;
            int start = at == 0 ? 0 : Text.LastIndexOf('\n', at - 1) + 1;
            return new Place(line, at - start + 1);
        }

        for (int i = _counted; i < at; i++)
        {
            if (Text[i] == '\n')
            {
                _line++;
                _lineStart = i + 1;
            }
        }

        _counted = at;
        return new Place(_line, at - _lineStart + 1);
    }
}
