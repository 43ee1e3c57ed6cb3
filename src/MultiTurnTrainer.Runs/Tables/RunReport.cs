namespace MultiTurnTrainer.Runs.Tables;

/// <summary>The page of several runs: their table, and their losses in one picture.</summary>
public static class RunReport
{
    // More lines than colours tell nothing.
    private const int MostCurves = 6;
    private const string LossTitle = "nats per supervised token";

    /// <summary>The page.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="table">The table, in its order.</param>
    /// <param name="runs">The runs.</param>
    public static string Page(string title, ReportTable table, IReadOnlyList<RunFacts> runs)
    {
        HtmlPage page = new(title, "mtt report");
        page.AddText(
            "One row a configuration. With several seeds a number is their mean ± half of its 95 % interval (Student's t); no seed is chosen."
        );
        table.AddTo(page);
        RunFacts[] trained = [.. runs.Where(run => run.Folder is not null)];
        page.AddPlots([
            Curves("Training loss, smoothed", LossTitle, trained, RunFacts.Loss),
            Curves("Evaluation loss", LossTitle, trained, RunFacts.EvalLoss),
            Curves("Score of the tasks", "points of 100", trained, RunFacts.TaskScore),
        ]);
        if (trained.Length > MostCurves)
        {
            page.AddText(
                Invariant($"The pictures show the first {MostCurves} of {trained.Length} runs; the table has all.")
            );
        }

        RunSamples.AddTo(page, trained);
        return page.Finish();
    }

    private static Plot Curves(string title, string unit, RunFacts[] runs, string curve) =>
        new Plot(
            title,
            [
                .. runs.Take(MostCurves)
                    .Select(run => new PlotSeries(
                        run.Name,
                        [
                            .. RunCurves
                                .Of(run)
                                .Where(point => point.Curve == curve)
                                .Select(point => new PlotPoint(point.Step, point.Value)),
                        ]
                    )),
            ]
        )
        {
            XTitle = "optimizer step",
            YTitle = unit,
        };
}
