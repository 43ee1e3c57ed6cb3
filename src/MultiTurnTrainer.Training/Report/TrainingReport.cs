// Folder Report: draws a page of charts and tables from numbers and names.
// Refuses to know: runs, models, how anything was measured.
using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Samples;

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
    /// <summary>What the loss of a step is counted in.</summary>
    public string LossUnit { get; init; } = TrainingReport.LossTitle;

    /// <summary>What the template did while masking, by code; empty where token rows were read.</summary>
    public IReadOnlyList<(string Name, string Value)> Masked { get; init; } = [];

    /// <summary>What masking and packing left out; null where there are no rows.</summary>
    public LostTokens? Lost { get; init; }

    /// <summary>Answers before and after the training; empty where none were asked for, or none could be made.</summary>
    public IReadOnlyList<SampleAnswer> Samples { get; init; } = [];

    /// <summary>Whether they were asked for.</summary>
    public bool WantsSamples { get; init; }

    /// <summary>The lines of <c>preferences.jsonl</c>; empty where nothing was compared.</summary>
    public IReadOnlyList<PreferenceMetrics> Preferences { get; init; } = [];

    /// <summary>The lines of <c>distillation.jsonl</c>; empty where nothing was distilled.</summary>
    public IReadOnlyList<DistillationMetrics> Distillation { get; init; } = [];

    /// <summary>The lines of <c>rollouts.jsonl</c>; empty where nothing was sampled to learn from.</summary>
    public IReadOnlyList<RolloutRecord> Rollouts { get; init; } = [];

    /// <summary>What the objective counted; empty where it counts nothing.</summary>
    public IReadOnlyList<(string Name, string Value)> Counted { get; init; } = [];
}

/// <summary><c>report.html</c>: one file without outside references, whole without its scripts, readable in ten years.</summary>
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
            .AddPlots([
                LossPlot(facts.LossUnit, steps, evaluations),
                .. EvaluationPlots.Of(evaluations),
                .. PreferencePlots.Of(facts.Preferences),
                .. DistillationPlots.Of(facts.Distillation),
                Curve("Gradient norm before clipping", "L2 norm", steps, "grad_norm"),
                Curve("Learning rate", "rate", steps, "lr"),
                Curve("Speed", "tokens per second", steps, "tokens_per_second"),
                // Not every objective measures it.
                .. steps.Any(step => MetricsLog.ReadNumber(step, "head_share") > 0)
                    ? [Curve("Time in the head", "share of a step's time", steps, "head_share")]
                    : Array.Empty<Plot>(),
                Curve("Peak memory", "MiB", steps, "peak_memory_mb"),
            ]);
        facts.Lost?.AddTo(page);
        SampleTexts.AddTo(page, facts.Samples, facts.WantsSamples);
        DistillationPlots.AddRollouts(page, facts.Rollouts);
        page.AddRaw("<div class=\"grid\">\n");
        EvaluationPlots.AddTables(page, evaluations);
        PreferencePlots.AddTable(page, facts.Preferences);
        AddFacts(page, "What the template did", facts.Masked);
        AddFacts(page, "Counted by the objective", facts.Counted);
        page.AddFacts("Settings", facts.Settings)
            .AddFacts("Fingerprint", facts.Fingerprint)
            .AddFacts("Environment", facts.Environment)
            .AddRaw("</div>\n");
        OutputFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(page.Finish()), force: true);
    }

    private static void AddFacts(HtmlPage page, string title, IReadOnlyList<(string Name, string Value)> facts)
    {
        if (facts.Count > 0)
        {
            page.AddFacts(title, facts);
        }
    }

    private static Plot LossPlot(string unit, IReadOnlyList<JsonView> steps, IReadOnlyList<JsonView> evaluations)
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

        return new Plot("Loss", series) { XTitle = StepTitle, YTitle = unit };
    }

    private static Plot Curve(string title, string unit, IReadOnlyList<JsonView> steps, string field) =>
        new Plot(title, new PlotSeries(title, Points(steps, field))) { XTitle = StepTitle, YTitle = unit };

    private static IReadOnlyList<PlotPoint> Points(IReadOnlyList<JsonView> lines, string field) =>
        [
            .. lines
                .Select(line => new PlotPoint(MetricsLog.ReadNumber(line, "step"), MetricsLog.ReadNumber(line, field)))
                .Where(point => double.IsFinite(point.Y)),
        ];
}
