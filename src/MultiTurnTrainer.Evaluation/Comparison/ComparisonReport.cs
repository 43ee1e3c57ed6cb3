using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Files.Pages;

namespace MultiTurnTrainer.Evaluation.Comparison;

/// <summary>A comparison as Markdown, as a page, and as JSON.</summary>
public static class ComparisonReport
{
    /// <summary>Everything, for programs.</summary>
    public static byte[] ToJson(MethodComparison comparison) => RecordJson.ToPage(comparison);

    /// <summary>The tables, for a document.</summary>
    public static string ToMarkdown(MethodComparison comparison) =>
        $"{Scores(comparison).ToMarkdown()}\n{Legend(comparison)}\n\n" + Behaviours(comparison).ToMarkdown();

    /// <summary>The tables on a page.</summary>
    public static void AddTo(HtmlPage page, MethodComparison comparison)
    {
        Scores(comparison).AddTo(page.AddText(Legend(comparison)));
        Behaviours(comparison).AddTo(page);
    }

    /// <summary>Families of tasks beneath each other: a line a family and method, a column a mode.</summary>
    /// <param name="comparisons">By the family of their tasks.</param>
    public static ReportTable Families(IReadOnlyList<(string Family, MethodComparison Comparison)> comparisons)
    {
        string[] modes = [.. comparisons.SelectMany(one => one.Comparison.Modes).Distinct()];
        return new ReportTable(
            "All families",
            ["family", "method", "tasks", .. modes, "sharded / full"],
            [
                .. comparisons.SelectMany(one =>
                    one.Comparison.Methods.Select(method =>
                        (TableCell[])
                            [
                                one.Family,
                                method,
                                Tasks(one.Comparison, method),
                                .. modes.Select(mode => Score(one.Comparison, method, mode)),
                                Kept(one.Comparison, method),
                            ]
                    )
                ),
            ]
        );
    }

    /// <summary>A line a method and mode, for other programs.</summary>
    /// <param name="comparisons">By the family of their tasks.</param>
    public static ReportTable Cells(IEnumerable<(string Family, MethodComparison Comparison)> comparisons) =>
        new(
            "",
            [
                "family",
                "method",
                "mode",
                "measure",
                "mean",
                "low",
                "high",
                "difference",
                "difference_low",
                "difference_high",
                "claimed",
            ],
            [
                .. comparisons.SelectMany(one =>
                    one.Comparison.Cells.Select(cell =>
                        (TableCell[])
                            [
                                one.Family,
                                cell.Method,
                                cell.Mode,
                                cell.Measure,
                                Number(cell.Mean),
                                Number(cell.Interval.Low),
                                Number(cell.Interval.High),
                                Number(cell.Difference),
                                Number(cell.DifferenceInterval?.Low),
                                Number(cell.DifferenceInterval?.High),
                                cell.Claimed ? "yes" : "no",
                            ]
                    )
                ),
            ]
        );

    private static string Legend(MethodComparison comparison) =>
        Invariant(
            $"Means over {Counted.Of(comparison.Seeds.Count, "seed")} and their tasks with 95 % intervals (bootstrap over seeds and tasks); after them the difference "
        )
        + $"from {Printable.Line(comparison.Methods[0])}, paired by seed and task, with * where its interval excludes 0. "
        + "Full, concat, sharded and their kind count a right reply at any turn; corrections, hints and contradictions the last reply. "
        + "Contradicted rightly: the correction is accepted; wrongly: the right answer is kept.";

    private static ReportTable Scores(MethodComparison comparison) =>
        new(
            "",
            ["method", .. comparison.Modes, "sharded / full"],
            [
                .. comparison.Methods.Select(method =>
                    (TableCell[])
                        [
                            method,
                            .. comparison.Modes.Select(mode => Score(comparison, method, mode)),
                            Kept(comparison, method),
                        ]
                ),
            ]
        );

    private static TableCell Kept(MethodComparison comparison, string method) =>
        comparison.Kept.FirstOrDefault(kept => kept.Method == method) is { } kept
            ? new TableCell(Invariant($"{kept.Ratio:F2} [{kept.Interval.Low:F2}, {kept.Interval.High:F2}]"), kept.Ratio)
            : "";

    // The same in every mode but contradictions, of which not every task gives one.
    private static TableCell Tasks(MethodComparison comparison, string method)
    {
        int tasks = comparison.Cells.Where(cell => cell.Method == method).Max(cell => cell.Tasks);
        return new TableCell(Invariant($"{tasks}"), tasks);
    }

    private static TableCell Score(MethodComparison comparison, string method, string mode)
    {
        ComparedCell? cell = comparison.Cells.FirstOrDefault(one => one.Method == method && one.Mode == mode);
        return new TableCell(Text(cell), cell?.Mean);
    }

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

    private static ReportTable Behaviours(MethodComparison comparison) =>
        new(
            "",
            [
                "method",
                "mode",
                "first answer's turn",
                "answers",
                "tokens",
                "copied from own wrong reply",
                "recovery turn",
            ],
            [
                .. comparison.Cells.Select(cell =>
                    (TableCell[])
                        [
                            cell.Method,
                            cell.Mode,
                            new(Invariant($"{cell.FirstAttempt:F2}"), cell.FirstAttempt),
                            new(Invariant($"{cell.Attempts:F2}"), cell.Attempts),
                            new(Invariant($"{cell.Tokens:F1}"), cell.Tokens),
                            new(Invariant($"{100 * cell.CopiedShare:F1} %"), cell.CopiedShare),
                            new(Invariant($"{cell.RecoveryTurn:F2}"), cell.RecoveryTurn),
                        ]
                ),
            ]
        );

    private static TableCell Number(double? value) => new(Invariant($"{value:G6}"), value);
}
