using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Files.Pages;

namespace MultiTurnTrainer.Evaluation.Comparison;

/// <summary>A comparison as Markdown, as a page, and as JSON.</summary>
public static class ComparisonReport
{
    private static readonly string[] _behaviourTitles =
    [
        "method",
        "mode",
        "first answer's turn",
        "answers",
        "tokens",
        "copied from own wrong reply",
        "recovery turn",
    ];

    /// <summary>Everything, for programs.</summary>
    public static byte[] ToJson(MethodComparison comparison) => RecordJson.ToPage(comparison);

    /// <summary>The tables, for a document.</summary>
    public static string ToMarkdown(MethodComparison comparison) =>
        $"{Table.Markdown(ScoreTitles(comparison), Scores(comparison))}\n{Legend(comparison)}\n\n"
        + Table.Markdown(_behaviourTitles, Behaviours(comparison));

    /// <summary>The tables on a page.</summary>
    public static void AddTo(HtmlPage page, MethodComparison comparison) =>
        page.AddText(Legend(comparison))
            .AddTable(ScoreTitles(comparison), Scores(comparison))
            .AddTable(_behaviourTitles, Behaviours(comparison));

    private static string Legend(MethodComparison comparison) =>
        Invariant(
            $"Means over {Counted.Of(comparison.Seeds.Count, "seed")} and their tasks with 95 % intervals (bootstrap over seeds and tasks); after them the difference "
        )
        + $"from {Printable.Line(comparison.Methods[0])}, paired by seed and task, with * where its interval excludes 0. "
        + "Full, concat, sharded and their kind count a right reply at any turn; corrections, hints and contradictions the last reply. "
        + "Contradicted rightly: the correction is accepted; wrongly: the right answer is kept.";

    private static string[] ScoreTitles(MethodComparison comparison) =>
        ["method", .. comparison.Modes, "sharded / full"];

    private static IEnumerable<IEnumerable<string>> Scores(MethodComparison comparison) =>
        comparison.Methods.Select(method =>
            comparison
                .Modes.Select(mode =>
                    Text(comparison.Cells.FirstOrDefault(cell => cell.Method == method && cell.Mode == mode))
                )
                .Prepend(method)
                .Append(
                    comparison.Kept.FirstOrDefault(kept => kept.Method == method) is { } kept
                        ? Invariant($"{kept.Ratio:F2} [{kept.Interval.Low:F2}, {kept.Interval.High:F2}]")
                        : ""
                )
        );

    private static string Text(ComparedCell? cell)
    {
        if (cell is null)
        {
            return "";
        }

        string mean = Invariant($"{cell.Mean:F1} {Text(cell.Interval)}");
        return cell is { Difference: { } difference, DifferenceInterval: { } interval }
            ? Invariant($"{mean}; {difference:+0.0;-0.0;0.0} {Text(interval)}{(cell.Claimed ? "*" : "")}")
            : mean;
    }

    private static string Text(Interval interval) => Invariant($"[{interval.Low:F1}, {interval.High:F1}]");

    private static IEnumerable<IEnumerable<string>> Behaviours(MethodComparison comparison) =>
        comparison.Cells.Select(cell =>
            new[]
            {
                cell.Method,
                cell.Mode,
                Invariant($"{cell.FirstAttempt:F2}"),
                Invariant($"{cell.Attempts:F2}"),
                Invariant($"{cell.Tokens:F1}"),
                Invariant($"{100 * cell.CopiedShare:F1} %"),
                Invariant($"{cell.RecoveryTurn:F2}"),
            }
        );
}
