using MultiTurnTrainer.Evaluation.Comparison;
using MultiTurnTrainer.Files.Pages;

namespace MultiTurnTrainer.Evaluation.Reporting;

/// <summary>Evaluations beside each other, one family of tasks after the other: as JSON, Markdown and a page.</summary>
public sealed class EvaluationReport
{
    private const string Command = "mtt evaluate --compare";

    private readonly IReadOnlyList<Section> _sections;
    private readonly ReportTable _played;

    private EvaluationReport(IReadOnlyList<Section> sections, ReportTable played) =>
        (_sections, _played) = (sections, played);

    /// <summary>Compares what was evaluated.</summary>
    /// <param name="files">Evaluations with their measures.</param>
    /// <exception cref="MttException">They are of different tasks, or one mode of one name and seed is there twice.</exception>
    public static EvaluationReport Of(IReadOnlyList<EvaluationFile> files)
    {
        string[] families = [.. files.SelectMany(file => file.Families).Distinct()];
        return new EvaluationReport(Sections(files, families), Played(files));
    }

    private static IReadOnlyList<Section> Sections(IReadOnlyList<EvaluationFile> files, string[] families) =>
        [
            .. families.Select(family =>
            {
                EvaluationFile[] own =
                [
                    .. files.Select(file => file.Only(family)).Where(file => file.Dialogues.Count > 0),
                ];
                return new Section(family, MethodComparison.Of(own), LostTables.Of(own), [.. LostExamples.Of(own)]);
            }),
        ];

    private static ReportTable Played(IReadOnlyList<EvaluationFile> files) =>
        new(
            "Who played, and what it cost",
            ["method", "seed", "user", "verifier", "policy", "requests", "tokens read", "tokens written", "cost"],
            [
                .. files.Select(file =>
                    new[]
                    {
                        file.Name,
                        Invariant($"{file.Seed}"),
                        file.User,
                        file.Verifier,
                        file.Policy ?? "",
                        Invariant($"{file.Spent?.Requests}"),
                        Invariant($"{file.Spent?.PromptTokens}"),
                        Invariant($"{file.Spent?.CompletionTokens}"),
                        Invariant($"{file.Spent?.Money:0.00}"),
                    }
                ),
            ]
        );

    /// <summary>Everything, for programs: one comparison, or a list of them by family where there are several.</summary>
    public byte[] ToJson() =>
        _sections.Count == 1
            ? ComparisonReport.ToJson(_sections[0].Comparison)
            : RecordJson.ToPage(_sections.Select(section => new { section.Family, section.Comparison }));

    /// <summary>The scores as comma-separated values, a line a method and mode.</summary>
    public string ToCsv() => ComparisonReport.Cells(ByFamily).ToCsv();

    /// <summary>The tables, for a document.</summary>
    public string ToMarkdown()
    {
        StringBuilder text = new();
        if (_sections.Count > 1)
        {
            text.Append($"{ComparisonReport.Families(ByFamily).ToMarkdown()}\n");
        }

        foreach (Section section in _sections)
        {
            if (_sections.Count > 1)
            {
                text.Append($"## {Printable.Line(section.Family)}\n\n");
            }

            text.Append(ComparisonReport.ToMarkdown(section.Comparison));
            foreach (ReportTable table in section.Tables)
            {
                text.Append($"\n### {table.Title}\n\n{table.ToMarkdown()}");
            }

            text.Append('\n');
        }

        text.Append($"### {_played.Title}\n\n{_played.ToMarkdown()}\n");
        return text.Append(Definitions()).ToString();
    }

    /// <summary>The tables, examples and definitions on the shared page.</summary>
    public string ToHtml()
    {
        HtmlPage page = new("Methods compared", Command);
        if (_sections.Count > 1)
        {
            ComparisonReport.Families(ByFamily).AddTo(page);
        }

        foreach (Section section in _sections)
        {
            page.Add($"<h2>{HtmlPage.Escape(section.Family.Length > 0 ? section.Family : "Scores")}</h2>\n");
            ComparisonReport.AddTo(page, section.Comparison);
            foreach (ReportTable table in section.Tables)
            {
                table.AddTo(page);
            }

            foreach ((string title, IReadOnlyList<string> lines) in section.Examples)
            {
                page.Add($"<h3>{HtmlPage.Escape($"A run that got lost: {title}")}</h3>\n");
                foreach (string line in lines)
                {
                    page.AddText(line);
                }
            }
        }

        _played.AddTo(page);
        page.AddFacts("Definitions", DialogueMeasures.Definitions);
        return page.Finish();
    }

    private IReadOnlyList<(string Family, MethodComparison Comparison)> ByFamily =>
        [.. _sections.Select(one => (one.Family, one.Comparison))];

    private static string Definitions() =>
        "### Definitions\n\n"
        + string.Concat(DialogueMeasures.Definitions.Select(one => $"- **{one.Term}**: {one.Meaning}\n"));

    private sealed record Section(
        string Family,
        MethodComparison Comparison,
        IReadOnlyList<ReportTable> Tables,
        IReadOnlyList<(string Title, IReadOnlyList<string> Lines)> Examples
    );
}
