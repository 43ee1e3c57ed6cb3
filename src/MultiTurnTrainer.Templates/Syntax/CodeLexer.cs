using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Cuts what stands inside <c>{{ … }}</c> and <c>{% … %}</c> into names, numbers, strings and operators.</summary>
internal sealed class CodeLexer(TemplateSource source, List<Token> tokens)
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

    /// <summary>Adds the tokens from a position to the end of the tag, that end included, if there is one.</summary>
    /// <returns>Where the text behind the tag begins.</returns>
    public int Read(int at, bool variable)
    {
        Stack<char> open = new();
        while (true)
        {
            at = source.SkipSpace(at);
            if (at >= source.Length)
            {
                return at;
            }

            int end =
                open.Count > 0 ? -1
                : variable ? source.VariableEnd(at)
                : source.BlockEnd(at);
            if (end >= 0)
            {
                Add(variable ? TokenKind.VariableEnd : TokenKind.BlockEnd, "", at);
                return end;
            }

            char c = source[at];
            at =
                char.IsAsciiDigit(c) ? Number(at)
                : IsNamePart(at) ? Name(at)
                : c is '\'' or '"' ? String(at, c)
                : Operator(at, open);
        }
    }

    private int Operator(int at, Stack<char> open)
    {
        string op =
            Array.Find(_operators, o => source.Matches(at, o))
            ?? throw source.PlaceOf(at).Error($"unexpected char '{source[at]}' at {at}");
        Token token = Add(TokenKind.Operator, op, at);
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

        return at + op.Length;
    }

    private int Name(int from)
    {
        int at = from;
        while (at < source.Length && IsNamePart(at))
        {
            at += CodePoints.WidthAt(source.Text, at);
        }

        string name = source.Text[from..at];
        Token token = Add(TokenKind.Name, name, from);
        return Rune.IsLetter(Rune.GetRuneAt(name, 0)) || name[0] == '_'
            ? at
            : throw token.Place.Error("Invalid character in identifier");
    }

    private int Number(int from)
    {
        Value number = NumberLiteral.Read(source, from, out int end);
        tokens.Add(new Token(TokenKind.Number, source.Text[from..end], source.PlaceOf(from), number));
        return end;
    }

    private int String(int from, char quote)
    {
        int at = from + 1;
        while (at < source.Length && source[at] != quote)
        {
            at += source[at] == '\\' ? 2 : 1;
        }

        Place place = source.PlaceOf(from);
        if (at >= source.Length)
        {
            throw place.Error($"unexpected char '{quote}' at {from}");
        }

        tokens.Add(new Token(TokenKind.String, StringEscapes.Decode(source.Text[(from + 1)..at], place), place));
        return at + 1;
    }

    private bool IsNamePart(int at)
    {
        if (char.IsAscii(source[at]))
        {
            return char.IsAsciiLetterOrDigit(source[at]) || source[at] == '_';
        }

        return Rune.TryGetRuneAt(source.Text, at, out Rune rune)
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

    private Token Add(TokenKind kind, string text, int at)
    {
        Token token = new(kind, text, source.PlaceOf(at));
        tokens.Add(token);
        return token;
    }
}
