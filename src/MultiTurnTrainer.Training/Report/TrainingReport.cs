// Folder Report: draws a page of charts and tables from numbers and names.
// Refuses to know: runs, models, how anything was measured.
using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Report;

/// <summary>What a report shows besides the metrics.</summary>
/// <param name="Title">Names the run.</param>
/// <param name="Summary">The figures a reader looks for first.</param>
/// <param name="Settings">Every setting with its value.</param>
/// <param name="Fingerprint">Hashes of what the numbers depend on.</param>
/// <param name="Environment">Machine, versions, threads.</param>
internal sealed record ReportFacts(
    string Title,
    IReadOnlyList<(string Name, string Value)> Summary,
    IReadOnlyList<(string Name, string Value)> Settings,
    IReadOnlyList<(string Name, string Value)> Fingerprint,
    IReadOnlyList<(string Name, string Value)> Environment
)
{
    /// <summary>What masking lost and what the template did, by code; empty where token rows were read.</summary>
    public IReadOnlyList<(string Name, string Value)> Masked { get; init; } = [];

    /// <summary>The lines of <c>preferences.jsonl</c>; empty where nothing was compared.</summary>
    public IReadOnlyList<PreferenceMetrics> Preferences { get; init; } = [];
}

/// <summary><c>report.html</c>: one file without scripts or outside references, readable in ten years.</summary>
internal static class TrainingReport
{
    /// <summary>What the x axis of every curve counts.</summary>
    public const string StepTitle = "optimizer step";

    /// <summary>What a loss is measured in.</summary>
    public const string LossTitle = "nats per supervised token";

    /// <summary>Writes the report of a run.</summary>
    /// <param name="path">The file.</param>
    /// <param name="facts">What the metrics do not hold.</param>
    /// <param name="steps">The lines of <c>metrics.jsonl</c>.</param>
    /// <param name="evaluations">The lines of <c>evaluations.jsonl</c>.</param>
    public static void Write(
        string path,
        ReportFacts facts,
        IReadOnlyList<JsonView> steps,
        IReadOnlyList<JsonView> evaluations
    )
    {
        HtmlPage page = new HtmlPage(facts.Title)
            .AddFacts("In short", facts.Summary)
            .AddRaw("<div class=\"grid\">\n")
            .AddRaw(LossPlot(steps, evaluations))
            .AddRaw(EvaluationPlots.Draw(evaluations))
            .AddRaw(PreferencePlots.Draw(facts.Preferences))
            .AddRaw(Curve("Gradient norm before clipping", "L2 norm", steps, "grad_norm"))
            .AddRaw(Curve("Learning rate", "rate", steps, "lr"))
            .AddRaw(Curve("Speed", "tokens per second", steps, "tokens_per_second"))
            .AddRaw(Curve("Time in the head", "share of a step's time", steps, "head_share"))
            .AddRaw(Curve("Peak memory", "MiB", steps, "peak_memory_mb"))
            .AddRaw("</div>\n<div class=\"grid\">\n");
        EvaluationPlots.AddTables(page, evaluations);
        PreferencePlots.AddTable(page, facts.Preferences);
        if (facts.Masked.Count > 0)
        {
            page.AddFacts("Masking", facts.Masked);
        }

        page.AddFacts("Settings", facts.Settings)
            .AddFacts("Fingerprint", facts.Fingerprint)
            .AddFacts("Environment", facts.Environment)
            .AddRaw("</div>\n");
        OutputFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(page.Finish()), force: true);
    }

    private static string LossPlot(IReadOnlyList<JsonView> steps, IReadOnlyList<JsonView> evaluations)
    {
        List<PlotSeries> series =
        [
            new("loss of the step", Points(steps, "loss"), PlotMark.Faint),
            new("smoothed", Points(steps, "smoothed_loss")),
        ];
        JsonView[] spikes = [.. steps.Where(step => MetricsLog.ReadNumber(step, "spike") > 0)];
        if (spikes.Length > 0)
        {
            series.Add(new("spike", Points(spikes, "loss"), PlotMark.Dots));
        }

        if (evaluations.Count > 0)
        {
            series.Add(new("evaluation", Points(evaluations, "eval_loss"), PlotMark.Dots));
        }

        return new Plot("Loss", series) { XTitle = StepTitle, YTitle = LossTitle }.Draw();
    }

    private static string Curve(string title, string unit, IReadOnlyList<JsonView> steps, string field) =>
        new Plot(title, new PlotSeries(title, Points(steps, field))) { XTitle = StepTitle, YTitle = unit }.Draw();

    private static IReadOnlyList<PlotPoint> Points(IReadOnlyList<JsonView> lines, string field) =>
        [
            .. lines
                .Select(line => new PlotPoint(MetricsLog.ReadNumber(line, "step"), MetricsLog.ReadNumber(line, field)))
                .Where(point => double.IsFinite(point.Y)),
        ];
}
