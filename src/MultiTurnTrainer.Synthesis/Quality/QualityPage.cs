namespace MultiTurnTrainer.Synthesis.Quality;

/// <summary>The measures as one HTML file that needs no network: plots, then the numbers.</summary>
internal static class QualityPage
{
    private static readonly (string Title, string Unit, Func<RoundQuality, double?> Value)[] _plots =
    [
        ("New tags, share of all tags", "share of tags", round => round.NewTagShare),
        ("Different topics", "topics", round => round.Topics),
        ("Questions: distinct-2", "share of word pairs", round => round.QuestionDistinct2),
        ("Answers: distinct-3", "share of word triples", round => round.AnswerDistinct3),
        ("Difficulty proxy", "0 to 1", round => round.Difficulty),
        ("Hard questions, share", "share of questions", round => round.HardShare),
        ("Questions asking for reasoning, share", "share of questions", round => round.ReasoningShare),
        ("Question words the dialogue had before, share", "share of words", round => round.Linkage),
        ("Depth questions (chairman), share", "share of questions", round => round.DepthShare),
        ("Answers: repeated 4-grams, share", "share of 4-grams", round => round.AnswerRepetition),
        ("Nearly repeated questions, share", "share of questions", round => round.RepeatedQuestions),
        ("Words per question", "words", round => round.QuestionWords),
        ("Words per answer", "words", round => round.AnswerWords),
        ("Positive verdicts, share", "share of verdicts", round => round.PositiveVerdicts),
        ("Reviewer pairs with equal verdicts, share", "share of pairs", round => round.VerdictAgreement),
        ("Reviewer pairs: word overlap", "share of words", round => round.ReviewOverlap),
        ("Score", "points", round => round.Score),
        ("Revisions per answer", "revisions", round => round.Revisions > 0 ? round.Revisions : null),
    ];

    /// <summary>The page of one run, or of several side by side.</summary>
    public static byte[] Write(IReadOnlyList<(string Name, QualityReport Report)> runs)
    {
        HtmlPage page = new HtmlPage("mtt review: quality")
            .AddText(
                "Every number is computed from the text, without a model; the manual says how. "
                    + "Compare rounds and runs with each other, not with labels that a model gave."
            )
            .AddTable(
                ["run", "reviewers", "dialogues", "tags", "topics"],
                runs.Select(run =>
                    (string[])
                        [
                            run.Name,
                            Invariant($"{run.Report.Reviewers}"),
                            Invariant($"{run.Report.Dialogues}"),
                            Invariant($"{run.Report.UniqueTags}"),
                            Invariant($"{run.Report.Topics}"),
                        ]
                )
            )
            .AddPlots(_plots.Select(plot => Draw(plot.Title, plot.Unit, plot.Value, runs)))
            .AddRaw("<h2>Numbers</h2>\n");
        foreach ((string name, QualityReport report) in runs)
        {
            page.Add($"<h3>{HtmlPage.Escape(name)}</h3>\n")
                .AddTable(
                    ["measure", .. report.Rounds.Select(round => Invariant($"round {round.Round}"))],
                    _plots.Select(plot =>
                        report.Rounds.Select(round => Invariant($"{plot.Value(round):0.####}")).Prepend(plot.Title)
                    )
                );
        }

        return Encoding.UTF8.GetBytes(page.Finish());
    }

    private static Plot Draw(
        string title,
        string unit,
        Func<RoundQuality, double?> value,
        IReadOnlyList<(string Name, QualityReport Report)> runs
    ) =>
        new Plot(
            title,
            [
                .. runs.Select(run => new PlotSeries(
                    run.Name,
                    [
                        .. run
                            .Report.Rounds.Select((round, i) => (Round: i + 1, Value: value(round)))
                            .Where(point => point.Value is not null)
                            .Select(point => new PlotPoint(
                                point.Round,
                                point.Value!.Value,
                                Invariant($"{point.Value:0.####}")
                            )),
                    ],
                    PlotMark.Bars
                )),
            ]
        )
        {
            XTitle = "round",
            YTitle = unit,
            XLabels =
            [
                .. Enumerable
                    .Range(1, runs.Max(run => run.Report.Rounds.Count))
                    .Select(i => ((double)i, Invariant($"{i}"))),
            ],
        };
}
