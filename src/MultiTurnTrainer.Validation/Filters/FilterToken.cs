namespace MultiTurnTrainer.Validation.Filters;

internal enum FilterTokenKind
{
    Name,
    Text,
    Number,
    Operator,
    End,
}

/// <summary>A piece of a filter expression with its column, from 1.</summary>
internal readonly record struct FilterToken(FilterTokenKind Kind, string Text, int Column)
{
    private static readonly string[] _operators = ["==", "!=", "<=", ">=", "<", ">", "(", ")"];

    public static List<FilterToken> Split(string text)
    {
        List<FilterToken> tokens = [];
        int at = 0;
        while (at < text.Length)
        {
            char first = text[at];
            int start = at;
            if (char.IsWhiteSpace(first))
            {
                at++;
            }
            else if (first is '"' or '\'')
            {
                tokens.Add(new FilterToken(FilterTokenKind.Text, Quoted(text, ref at), start + 1));
            }
            else if (
                char.IsAsciiDigit(first) || (first == '-' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]))
            )
            {
                at++;
                while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '.'))
                {
                    at++;
                }

                string number = text[start..at];
                tokens.Add(
                    double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
                        ? new FilterToken(FilterTokenKind.Number, number, start + 1)
                        : throw Bad(start, $"'{number}' is no number")
                );
            }
            else if (char.IsAsciiLetter(first) || first == '_')
            {
                while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '.' or '-'))
                {
                    at++;
                }

                tokens.Add(new FilterToken(FilterTokenKind.Name, text[start..at], start + 1));
            }
            else
            {
                string found =
                    Array.Find(_operators, name => string.CompareOrdinal(text, start, name, 0, name.Length) == 0)
                    ?? throw Bad(start, $"'{first}' is no part of an expression");
                at += found.Length;
                tokens.Add(new FilterToken(FilterTokenKind.Operator, found, start + 1));
            }
        }

        tokens.Add(new FilterToken(FilterTokenKind.End, "", text.Length + 1));
        return tokens;
    }

    private static string Quoted(string text, ref int at)
    {
        int start = at;
        char quote = text[at++];
        StringBuilder inner = new();
        while (at < text.Length && text[at] != quote)
        {
            at += text[at] == '\\' && at + 1 < text.Length ? 1 : 0;
            inner.Append(text[at++]);
        }

        if (at == text.Length)
        {
            throw Bad(start, "the text is not closed");
        }

        at++;
        return inner.ToString();
    }

    private static MttException Bad(int at, string what) =>
        new(Invariant($"--filter: column {at + 1}: {what}"), "Such as: turns >= 2 and not text contains \"lorem\".");
}
