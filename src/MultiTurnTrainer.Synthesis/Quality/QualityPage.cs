using System.Globalization;
using System.Net;
using System.Text;

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
        StringBuilder html = new();
        html.Append(
            """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>mtt review: quality</title><style>
            body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1180px;padding:0 1rem;color:#1b1e28;background:#fff}
            .plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:1rem}
            svg{width:100%;border:1px solid #ddd;border-radius:6px;background:#fff}
            svg text{font-size:10px;fill:#444}svg .title{font-size:12px;font-weight:600}svg .grid{stroke:#e5e5e5}
            table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}
            td,th{padding:.15rem .7rem;border-bottom:1px solid #ddd;text-align:right}td:first-child,th:first-child{text-align:left}
            .key span{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin:0 .3em 0 1em}
            </style></head><body><h1>mtt review: quality</h1>
            <p>Every number is computed from the text, without a model; the manual says how. Compare rounds and runs with
            each other, not with labels that a model gave.</p>
            """
        );
        html.Append("<p class=\"key\">");
        for (int i = 0; i < runs.Count; i++)
        {
            html.Append(
                $"<span style=\"background:{BarChart.Colors[i % BarChart.Colors.Count]}\"></span>{WebUtility.HtmlEncode(runs[i].Name)}"
            );
        }

        html.Append("</p><table><tr><th>run</th><th>reviewers</th><th>dialogues</th><th>tags</th><th>topics</th></tr>");
        foreach ((string name, QualityReport report) in runs)
        {
            html.Append(
                CultureInfo.InvariantCulture,
                $"<tr><td>{WebUtility.HtmlEncode(name)}</td><td>{report.Reviewers}</td><td>{report.Dialogues}</td><td>{report.UniqueTags}</td><td>{report.Topics}</td></tr>"
            );
        }

        html.Append("</table><div class=\"plots\">");
        foreach ((string title, Func<RoundQuality, double?> value) in _plots)
        {
            IReadOnlyList<double?>[] values = [.. runs.Select(run => run.Report.Rounds.Select(value).ToArray())];
            if (values.Any(row => row.Any(number => number is not null)))
            {
                html.Append(BarChart.Draw(title, values));
            }
        }

        html.Append("</div><h2>Numbers</h2>");
        foreach ((string name, QualityReport report) in runs)
        {
            AppendTable(html, name, report);
        }

        html.Append("</body></html>\n");
        return Encoding.UTF8.GetBytes(html.ToString());
    }

    private static void AppendTable(StringBuilder html, string name, QualityReport report)
    {
        html.Append($"<h3>{WebUtility.HtmlEncode(name)}</h3><table><tr><th>measure</th>");
        foreach (RoundQuality round in report.Rounds)
        {
            html.Append(CultureInfo.InvariantCulture, $"<th>round {round.Round}</th>");
        }

        html.Append("</tr>");
        foreach ((string title, Func<RoundQuality, double?> value) in _plots)
        {
            html.Append($"<tr><td>{WebUtility.HtmlEncode(title)}</td>");
            foreach (RoundQuality round in report.Rounds)
            {
                html.Append(CultureInfo.InvariantCulture, $"<td>{value(round):0.####}</td>");
            }

            html.Append("</tr>");
        }

        html.Append("</table>");
    }
}
