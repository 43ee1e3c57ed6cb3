using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Evaluation.Databases;

/// <summary>Queries as texts: what a reply holds, what the benchmark changes, and the literals in them.</summary>
internal static partial class SqlText
{
    private const int MaxCandidates = 100;

    /// <summary>
    /// The query of a reply: the last block fenced as SQL; else from the last line (or colon) that SELECT or WITH follows to a
    /// semicolon, an empty line or a fence. Null where there is none.
    /// </summary>
    public static string? Extract(string reply)
    {
        if (Fenced().Matches(reply).LastOrDefault() is { } block)
        {
            return block.Groups[1].Value.Trim();
        }

        return Bare().Matches(reply).LastOrDefault()?.Groups[1].Value.Trim();
    }

    /// <summary>As both queries are before they are run: on one line, split signs joined, without DISTINCT.</summary>
    public static string Prepare(string sql)
    {
        string text = sql.Replace("```sql", "", StringComparison.OrdinalIgnoreCase)
            .Replace("```", "", StringComparison.Ordinal);
        text = Blanks().Replace(text, " ").Trim();
        text = text.Replace("> =", ">=", StringComparison.Ordinal)
            .Replace("< =", "<=", StringComparison.Ordinal)
            .Replace("! =", "!=", StringComparison.Ordinal);
        return Distinct().Replace(text, match => match.Groups["quoted"].Success ? match.Value : "");
    }

    /// <summary>Whether the order of the rows counts.</summary>
    public static bool IsOrdered(string gold) => gold.Contains("order by", StringComparison.OrdinalIgnoreCase);

    /// <summary>Its quoted texts and the numbers that stand alone, as they are written.</summary>
    public static IReadOnlyList<string> Literals(string sql) =>
        [.. Literal().Matches(sql).Select(match => match.Value)];

    /// <summary>
    /// What the benchmark forgives: the query with its literals replaced by every combination of the gold's, at most a hundred.
    /// </summary>
    public static IEnumerable<string> WithLiteralsOf(string gold, string sql)
    {
        string[] values = [.. Literals(gold).Distinct()];
        MatchCollection slots = Literal().Matches(sql);
        if (values.Length == 0 || slots.Count == 0)
        {
            yield break;
        }

        double combinations = Math.Min(MaxCandidates, Math.Pow(values.Length, slots.Count));
        for (int number = 0; number < combinations; number++)
        {
            StringBuilder text = new(sql);
            int chosen = number;
            foreach (Match slot in slots.Reverse())
            {
                text.Remove(slot.Index, slot.Length).Insert(slot.Index, values[chosen % values.Length]);
                chosen /= values.Length;
            }

            yield return text.ToString();
        }
    }

    [GeneratedRegex(@"```\s*(?:sql|sqlite)\s(.*?)(?:```|\z)", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex(
        @"(?:^|:)[ \t`]*((?:select|with)\b.*?)(?:;|\n[ \t]*\n|`|\z)",
        RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.Multiline
    )]
    private static partial Regex Bare();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"(?<quoted>'(?:[^']|'')*'|""[^""]*"")|\bdistinct\b", RegexOptions.IgnoreCase)]
    private static partial Regex Distinct();

    [GeneratedRegex(@"'(?:[^']|'')*'|""[^""]*""|(?<![\w.])\d+(?:\.\d+)?(?![\w.])")]
    private static partial Regex Literal();
}
