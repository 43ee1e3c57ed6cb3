using System.Numerics;

namespace MultiTurnTrainer.Evaluation.Actions;

/// <summary>Takes the tokens of a Python expression one by one; blanks before a token are skipped.</summary>
internal sealed class PythonLexer(string text)
{
    private int _at;

    /// <summary>The place of the next token.</summary>
    public int Position
    {
        get
        {
            SkipBlanks();
            return _at;
        }
    }

    public bool AtEnd => Position == text.Length;

    /// <summary>What was read since a place.</summary>
    public string Source(int start) => text[start.._at];

    public bool IsAt(string mark) => string.CompareOrdinal(text, Position, mark, 0, mark.Length) == 0;

    public bool Take(string mark)
    {
        bool found = IsAt(mark);
        _at += found ? mark.Length : 0;
        return found;
    }

    public string? TakeAny(params ReadOnlySpan<string> marks)
    {
        foreach (string mark in marks)
        {
            // The power sign binds tighter than a product.
            bool isPower = mark == "*" && IsAt("**");
            if (!isPower && Take(mark))
            {
                return mark;
            }
        }

        return null;
    }

    public void Expect(string mark)
    {
        if (!Take(mark))
        {
            throw new FormatException($"no {mark} at {_at}");
        }
    }

    public string? Name()
    {
        int start = Position;
        if (start < text.Length && (char.IsLetter(text[start]) || text[start] == '_'))
        {
            while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] == '_'))
            {
                _at++;
            }
        }

        return _at > start ? text[start.._at] : null;
    }

    /// <summary>A name and an equals sign, or nothing is taken.</summary>
    public string? Keyword()
    {
        int start = Position;
        if (Name() is { } name && Take("=") && !Take("="))
        {
            return name;
        }

        _at = start;
        return null;
    }

    /// <summary>A string, or several side by side.</summary>
    public string? Text()
    {
        StringBuilder? joined = null;
        while (OneText() is { } part)
        {
            joined = (joined ?? new StringBuilder()).Append(part);
        }

        return joined?.ToString();
    }

    public object? Number()
    {
        int start = Position;
        if (start == text.Length || !(char.IsAsciiDigit(text[start]) || (text[start] == '.' && IsDigit(start + 1))))
        {
            return null;
        }

        if (
            text[start] == '0'
            && start + 1 < text.Length
            && "xXoObB".Contains(text[start + 1], StringComparison.Ordinal)
        )
        {
            return Based(start);
        }

        while (IsDigit(_at) || Is('.', _at) || Is('_', _at) || IsExponent(_at))
        {
            _at += IsExponent(_at) && (Is('-', _at + 1) || Is('+', _at + 1)) ? 2 : 1;
        }

        if (_at < text.Length && (char.IsLetter(text[_at]) || text[_at] == '_'))
        {
            throw new FormatException("no number");
        }

        string digits = text[start.._at].Replace("_", "", StringComparison.Ordinal);
        if (digits.All(char.IsAsciiDigit))
        {
            return digits.Length > 1 && digits[0] == '0' && digits.Any(digit => digit != '0')
                ? throw new FormatException("a leading zero")
                : Whole(BigInteger.Parse(digits, CultureInfo.InvariantCulture));
        }

        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw new FormatException("no number");
    }

    /// <summary>A whole number in the narrowest of its two types.</summary>
    public static object Whole(BigInteger number) =>
        number >= long.MinValue && number <= long.MaxValue ? (long)number : number;

    private object Based(int start)
    {
        int radix = char.ToLowerInvariant(text[start + 1]) switch
        {
            'x' => 16,
            'o' => 8,
            _ => 2,
        };
        BigInteger number = 0;
        int digits = 0;
        for (_at = start + 2; _at < text.Length && (char.IsAsciiHexDigit(text[_at]) || text[_at] == '_'); _at++)
        {
            if (text[_at] != '_')
            {
                int digit = Convert.ToInt32(text[_at].ToString(), 16);
                number = digit < radix ? (number * radix) + digit : throw new FormatException("no digit");
                digits++;
            }
        }

        return digits > 0 ? Whole(number) : throw new FormatException("no digits");
    }

    private string? OneText()
    {
        int start = Position;
        int quote = start;
        while (quote < text.Length && char.IsLetter(text[quote]) && quote - start < 2)
        {
            quote++;
        }

        if (quote == text.Length || text[quote] is not ('\'' or '"'))
        {
            return null;
        }

        string prefix = text[start..quote].ToLowerInvariant();
        if (prefix is not ("" or "r" or "u"))
        {
            throw new FormatException("bytes and f-strings are no values here");
        }

        string mark = new(
            text[quote],
            string.CompareOrdinal(text, quote, new string(text[quote], 3), 0, 3) == 0 ? 3 : 1
        );
        int from = quote + mark.Length;
        int end = from;
        while (string.CompareOrdinal(text, end, mark, 0, mark.Length) != 0)
        {
            end += end < text.Length && text[end] == '\\' ? 2 : 1;
            if (end >= text.Length)
            {
                throw new FormatException("a string without its end");
            }
        }

        _at = end + mark.Length;
        return prefix == "r" ? text[from..end] : PythonText.Unescape(text[from..end]);
    }

    private void SkipBlanks()
    {
        while (_at < text.Length && text[_at] is (' ' or '\t' or '\f' or '\n' or '\r'))
        {
            _at++;
        }
    }

    private bool IsDigit(int at) => at < text.Length && char.IsAsciiDigit(text[at]);

    private bool Is(char letter, int at) => at < text.Length && text[at] == letter;

    private bool IsExponent(int at) =>
        (Is('e', at) || Is('E', at)) && (IsDigit(at + 1) || ((Is('-', at + 1) || Is('+', at + 1)) && IsDigit(at + 2)));
}
