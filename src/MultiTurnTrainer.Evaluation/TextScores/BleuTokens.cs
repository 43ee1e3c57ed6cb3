using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Evaluation.TextScores;

/// <summary>The words of a text as sacreBLEU's tokenizer <c>13a</c> cuts it.</summary>
internal static partial class BleuTokens
{
    public static string[] Of(string text)
    {
        string line = text.TrimEnd()
            .Replace("<skipped>", "", StringComparison.Ordinal)
            .Replace("-\n", "", StringComparison.Ordinal)
            .Replace('\n', ' ');
        if (line.Contains('&', StringComparison.Ordinal))
        {
            line = line.Replace("&quot;", "\"", StringComparison.Ordinal)
                .Replace("&amp;", "&", StringComparison.Ordinal)
                .Replace("&lt;", "<", StringComparison.Ordinal)
                .Replace("&gt;", ">", StringComparison.Ordinal);
        }

        line = Sign().Replace($" {line} ", " $1 ");
        line = MarkAfterWord().Replace(line, "$1 $2 ");
        line = MarkBeforeWord().Replace(line, " $1 $2");
        line = DashAfterDigit().Replace(line, "$1 $2 ");
        return line.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);
    }

    [GeneratedRegex(@"([{-~\[-` -&(-+:-@/])")]
    private static partial Regex Sign();

    [GeneratedRegex("([^0-9])([.,])")]
    private static partial Regex MarkAfterWord();

    [GeneratedRegex("([.,])([^0-9])")]
    private static partial Regex MarkBeforeWord();

    [GeneratedRegex("([0-9])(-)")]
    private static partial Regex DashAfterDigit();
}
