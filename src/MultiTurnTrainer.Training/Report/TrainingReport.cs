using System.Globalization;
using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Files;

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
}

/// <summary><c>report.html</c>: one file without scripts or outside references, readable in ten years.</summary>
internal static class TrainingReport
{
    private const string Style = """
        :root{color-scheme:light dark;--ink:#1b1f24;--soft:#6b7280;--line:#d8dde3;--paper:#fff;
        --c0:#2563eb;--c1:#d97706;--c2:#059669;--c3:#db2777;--c4:#7c3aed;--c5:#0891b2}
        @media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa3ad;--line:#343b44;--paper:#15181c;
        --c0:#60a5fa;--c1:#fbbf24;--c2:#34d399;--c3:#f472b6;--c4:#a78bfa;--c5:#22d3ee}}
        body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:1360px;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.5rem}h2{font-size:1.05rem;margin:0 0 .4rem}.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:1rem}
        figure{margin:0;border:1px solid var(--line);border-radius:8px;padding:.7rem}figcaption{font-weight:600}
        svg{width:100%;height:auto}svg text{font-size:11px;fill:var(--soft)}.grid{stroke:var(--line)}
        polyline{fill:none;stroke-width:2}polyline.faint{stroke:var(--soft);stroke-width:1;opacity:.55}
        polyline.c0,circle.c0{stroke:var(--c0)}polyline.c1,circle.c1{stroke:var(--c1)}polyline.c2,circle.c2{stroke:var(--c2)}
        polyline.c3,circle.c3{stroke:var(--c3)}polyline.c4,circle.c4{stroke:var(--c4)}polyline.c5,circle.c5{stroke:var(--c5)}circle{fill:var(--paper);stroke-width:2}
        .legend{margin:.2rem 0 0}.legend span{margin-right:1rem;font-size:13px;color:var(--soft)}.legend span.c0{color:var(--c0)}.legend span.c1{color:var(--c1)}
        .legend span.c2{color:var(--c2)}.legend span.c3{color:var(--c3)}.legend span.c4{color:var(--c4)}.legend span.c5{color:var(--c5)}
        .tables{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:1.5rem;margin-top:1.5rem}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.15rem .5rem .15rem 0;border-bottom:1px solid var(--line);font-weight:400;overflow-wrap:anywhere}
        th{color:var(--soft);white-space:nowrap}td{font-family:ui-monospace,monospace;font-size:13px}
        """;

    /// <summary>Writes the report of a run.</summary>
    /// <param name="path">The file.</param>
    /// <param name="facts">What the metrics do not hold.</param>
    /// <param name="steps">The lines of <c>metrics.jsonl</c>.</param>
    /// <param name="evaluations">The lines of <c>evaluations.jsonl</c>.</param>
    public static void Write(
        string path,
        ReportFacts facts,
        IReadOnlyList<JsonElement> steps,
        IReadOnlyList<JsonElement> evaluations
    )
    {
        StringBuilder page = new();
        page.Append("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">")
            .Append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
            .Append(CultureInfo.InvariantCulture, $"<title>{Html.Escape(facts.Title)}</title><style>{Style}</style>\n")
            .Append(CultureInfo.InvariantCulture, $"<h1>{Html.Escape(facts.Title)}</h1>\n")
            .Append(Html.Table("In short", facts.Summary))
            .Append("<div class=\"charts\">\n")
            .Append(LossChart(steps, evaluations))
            .Append(EvaluationCharts.Charts(evaluations))
            .Append(Curve("Gradient norm before clipping", steps, "grad_norm"))
            .Append(Curve("Learning rate", steps, "lr"))
            .Append(Curve("Tokens per second", steps, "tokens_per_second"))
            .Append(Curve("Share of a step's time in the head", steps, "head_share"))
            .Append("</div>\n<div class=\"tables\">\n")
            .Append(EvaluationCharts.Tables(evaluations))
            .Append(facts.Masked.Count > 0 ? Html.Table("Masking", facts.Masked) : "")
            .Append(Html.Table("Settings", facts.Settings))
            .Append(Html.Table("Fingerprint", facts.Fingerprint))
            .Append(Html.Table("Environment", facts.Environment))
            .Append("</div></html>\n");
        OutputFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(page.ToString()), force: true);
    }

    private static string LossChart(IReadOnlyList<JsonElement> steps, IReadOnlyList<JsonElement> evaluations)
    {
        List<ChartSeries> series =
        [
            new("loss of the step", Points(steps, "loss"), Faint: true),
            new("smoothed", Points(steps, "smoothed_loss")),
        ];
        if (evaluations.Count > 0)
        {
            series.Add(new("evaluation", Points(evaluations, "eval_loss"), Dots: true));
        }

        return LineChart.Draw("Loss (nats per supervised token)", series);
    }

    private static string Curve(string title, IReadOnlyList<JsonElement> steps, string field) =>
        LineChart.Draw(title, [new ChartSeries(title, Points(steps, field))]);

    private static IReadOnlyList<(double, double)> Points(IReadOnlyList<JsonElement> lines, string field) =>
        [
            .. lines
                .Select(line => (Number(line, "step"), Number(line, field)))
                .Where(point => double.IsFinite(point.Item2)),
        ];

    private static double Number(JsonElement line, string field) =>
        line.TryGetProperty(field, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : double.NaN;
}
