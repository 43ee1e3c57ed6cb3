// Folder Reporting: the tables that a paper prints of dialogues that were played.
// Refuses to know: how dialogues were played or judged.
using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Files.Pages;

namespace MultiTurnTrainer.Evaluation.Reporting;

/// <summary>How models went about one family of tasks, by method and mode.</summary>
public static class LostTables
{
    private static readonly int[] _lengths = [256, 512, 1024, 2048, 4096];

    /// <summary>All tables of one family that have something to say.</summary>
    public static IReadOnlyList<ReportTable> Of(IReadOnlyList<EvaluationFile> files)
    {
        Cell[] cells =
        [
            .. files
                .SelectMany(file => file.Dialogues.Select(played => (file.Name, Played: played)))
                .Where(one => one.Played.Replies.Count > 0)
                .GroupBy(one => (one.Name, one.Played.ConvType))
                .Select(group => new Cell(group.Key.Name, group.Key.ConvType, [.. group.Select(one => one.Played)])),
        ];
        return cells.Length == 0
            ? []
            :
            [
                Reliability(cells),
                Grouped(
                    "Score by number of shards",
                    cells,
                    played => Invariant($"{played.Shards.Count}"),
                    played => played.Shards.Count
                ),
                Grouped(
                    "Score by length of the last prompt, in tokens",
                    cells,
                    Length,
                    played => played.Replies[^1].PromptTokens
                ),
                Distribution(cells),
                Lost(cells),
                Recall(cells),
                Costs(cells),
            ];
    }

    private static ReportTable Reliability(Cell[] cells) =>
        new(
            "Aptitude and unreliability over runs",
            ["method", "mode", "tasks", "runs", "any", "A", "U", "last", "benchmark's own scorer"],
            [
                .. cells.Select(cell =>
                {
                    RunStatistics any = cell.Score(played => played.Counted(last: false));
                    return cell.Row(
                        Invariant($"{cell.Tasks.Count()}"),
                        Invariant($"{cell.Tasks.Max(task => task.Count())}"),
                        With(any.Mean, any.Interval),
                        With(any.Aptitude, any.AptitudeInterval),
                        With(any.Unreliability, any.UnreliabilityInterval),
                        Invariant($"{cell.Score(played => played.Counted(last: true)).Mean:F1}"),
                        Invariant($"{cell.Score(played => played.ScoreAsPublished ?? 0).Mean:F1}")
                    );
                }),
            ]
        );

    private static ReportTable Grouped(
        string title,
        Cell[] cells,
        Func<PlayedDialogue, string> group,
        Func<PlayedDialogue, int> order
    )
    {
        string[] groups =
        [
            .. cells
                .SelectMany(cell => cell.Dialogues)
                .GroupBy(group)
                .OrderBy(one => one.Min(order))
                .Select(one => one.Key),
        ];
        return new ReportTable(
            title,
            ["method", "mode", .. groups],
            [
                .. cells.Select(cell =>
                {
                    ILookup<string, PlayedDialogue> own = cell.Dialogues.ToLookup(group);
                    return cell.Row([
                        .. groups.Select(name =>
                            own.Contains(name)
                                ? Invariant(
                                    $"{100 * own[name].Average(played => played.Counted(last: false)):F1} (n={own[name].Count()})"
                                )
                                : ""
                        ),
                    ]);
                }),
            ]
        );
    }

    private static string Length(PlayedDialogue played)
    {
        int tokens = played.Replies[^1].PromptTokens;
        int most = Array.Find(_lengths, limit => tokens <= limit);
        return most > 0 ? Invariant($"up to {most}") : Invariant($"over {_lengths[^1]}");
    }

    private static ReportTable Distribution(Cell[] cells) =>
        new(
            "Distribution: tasks by their mean score over runs",
            ["method", "mode", "0", "to 25", "to 50", "to 75", "below 100", "100"],
            [
                .. cells.Select(cell =>
                {
                    int[] counts = new int[6];
                    foreach (IGrouping<string, PlayedDialogue> task in cell.Tasks)
                    {
                        double mean = 100 * task.Average(played => played.Counted(last: false));
                        counts[
                            mean <= 0 ? 0
                            : mean >= 100 - 1e-6 ? 5
                            : 1 + Math.Min(3, (int)(mean / 25.0000001))
                        ]++;
                    }

                    return cell.Row([.. counts.Select(count => Invariant($"{count}"))]);
                }),
            ]
        );

    private static ReportTable Lost(Cell[] cells) =>
        new(
            "How runs got lost",
            [
                "method",
                "mode",
                "lost",
                "first wrong commitment at reply",
                "too early",
                "shards ignored",
                "recovered",
                "after replies",
                "ended at the turn cap",
                "writes the user's turn",
            ],
            [
                .. cells.Select(cell =>
                {
                    DialogueMeasures[] measures = [.. cell.Dialogues.Select(played => played.Measures!)];
                    PlayedDialogue[] wrong =
                    [
                        .. cell.Dialogues.Where(played => played.Measures!.FirstWrong < played.Replies.Count),
                    ];
                    return cell.Row(
                        Share(cell.Dialogues.Count(played => !played.IsCorrectLast), cell.Dialogues.Count),
                        Mean(measures.Average(one => one.FirstWrong)),
                        Share(measures.Count(one => one.TooEarly), measures.Length),
                        Invariant($"{measures.Average(one => one.Ignored.Count):F2}"),
                        Share(wrong.Count(played => played.Measures!.RecoveredAfter is not null), wrong.Length),
                        Mean(wrong.Average(played => played.Measures!.RecoveredAfter)),
                        Share(cell.Dialogues.Count(played => played.End == "turn_cap"), cell.Dialogues.Count),
                        Share(measures.Sum(one => one.WritesUser), cell.Dialogues.Sum(played => played.Replies.Count))
                    );
                }),
            ]
        );

    private static ReportTable Recall(Cell[] cells)
    {
        int[] distances =
        [
            .. cells
                .SelectMany(cell => cell.Dialogues)
                .SelectMany(played => played.Measures!.Recalls)
                .Select(recall => recall.Distance)
                .Distinct()
                .Order(),
        ];
        return new ReportTable(
            "Fact recall by distance in user turns",
            ["method", "mode", .. distances.Select(distance => Invariant($"{distance}"))],
            [
                .. cells.Select(cell =>
                {
                    ILookup<int, bool> own = cell
                        .Dialogues.SelectMany(played => played.Measures!.Recalls)
                        .ToLookup(recall => recall.Distance, recall => recall.Said);
                    return cell.Row([
                        .. distances.Select(distance =>
                            Share(own[distance].Count(said => said), own[distance].Count())
                        ),
                    ]);
                }),
            ]
        );
    }

    private static ReportTable Costs(Cell[] cells) =>
        new(
            "Tokens of a dialogue",
            [
                "method",
                "mode",
                "dialogues",
                "replies",
                "prompt tokens",
                "tokens written",
                "cut replies",
                "empty replies",
            ],
            [
                .. cells.Select(cell =>
                {
                    PlayedReply[] replies = [.. cell.Dialogues.SelectMany(played => played.Replies)];
                    return cell.Row(
                        Invariant($"{cell.Dialogues.Count}"),
                        Invariant($"{(double)replies.Length / cell.Dialogues.Count:F1}"),
                        Invariant(
                            $"{(double)replies.Sum(reply => (long)reply.PromptTokens) / cell.Dialogues.Count:F0}"
                        ),
                        Invariant($"{(double)replies.Sum(reply => (long)reply.Tokens) / cell.Dialogues.Count:F0}"),
                        Share(replies.Count(reply => reply.Cut), replies.Length),
                        Share(replies.Count(reply => reply.Kind == "missing"), replies.Length)
                    );
                }),
            ]
        );

    private static string With(double mean, Interval interval) =>
        Invariant($"{mean:F1} [{interval.Low:F1}, {interval.High:F1}]");

    private static string Mean(double? value) => Invariant($"{value:F1}");

    private static string Share(int count, int of) =>
        of == 0 ? "" : Invariant($"{100.0 * count / of:F1} % ({count}/{of})");

    /// <summary>One method in one mode.</summary>
    private sealed record Cell(string Method, string Mode, IReadOnlyList<PlayedDialogue> Dialogues)
    {
        public IEnumerable<IGrouping<string, PlayedDialogue>> Tasks => Dialogues.GroupBy(played => played.TaskId);

        public RunStatistics Score(Func<PlayedDialogue, double> score) =>
            RunStatistics.Of([.. Tasks.Select(task => task.Select(played => 100 * score(played)).ToArray())]);

        public string[] Row(params string[] values) => [Method, Mode, .. values];
    }
}
