namespace MultiTurnTrainer.Synthesis.Quality;

/// <summary>The measures as one HTML file that needs no network: plots, then the numbers.</summary>
internal static class QualityPage
{
    private static readonly (string Title, Func<RoundQuality, double?> Value)[] _plots =
    [
        ("New tags, share of all tags", round => round.NewTagShare),
        ("Different topics", round => round.Topics),
        ("Questions: distinct-2", round => round.QuestionDistinct2),
        ("Answers: distinct-3", round => round.AnswerDistinct3),
        ("Difficulty proxy", round => round.Difficulty),
        ("Hard questions, share", round => round.HardShare),
        ("Questions asking for reasoning, share", round => round.ReasoningShare),
        ("Question words the dialogue had before, share", round => round.Linkage),
        ("Depth questions (chairman), share", round => round.DepthShare),
        ("Answers: repeated 4-grams, share", round => round.AnswerRepetition),
        ("Nearly repeated questions, share", round => round.RepeatedQuestions),
        ("Words per question", round => round.QuestionWords),
        ("Words per answer", round => round.AnswerWords),
        ("Positive verdicts, share", round => round.PositiveVerdicts),
        ("Reviewer pairs with equal verdicts, share", round => round.VerdictAgreement),
        ("Reviewer pairs: word overlap", round => round.ReviewOverlap),
        ("Score", round => round.Score),
        ("Revisions per answer", round => round.Revisions > 0 ? round.Revisions : null),
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
            .AddRaw("<div class=\"grid\">\n");
        foreach ((string title, Func<RoundQuality, double?> value) in _plots)
        {
            page.AddRaw(Draw(title, value, runs));
        }

        page.AddRaw("</div><h2>Numbers</h2>\n");
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

    private static string Draw(
        string title,
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
            XLabels =
            [
                .. Enumerable.Range(1, runs.Max(run => run.Report.Rounds.Count)).Select(i => ((double)i, $"round {i}")),
            ],
        }.Draw();
}
