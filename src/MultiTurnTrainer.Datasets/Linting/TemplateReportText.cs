namespace MultiTurnTrainer.Datasets.Linting;

/// <summary>Reports of <c>mtt lint-template</c> as text, Markdown and JSON.</summary>
public static class TemplateReportText
{
    /// <summary>For people.</summary>
    public static string Text(IEnumerable<TemplateReport> reports)
    {
        StringBuilder text = new();
        foreach (TemplateReport report in reports)
        {
            text.Append(Printable.Line(report.Name)).Append('\n');
            if (report.Error is not null)
            {
                text.Append("  error: ").Append(report.Error).Append("\n\n");
                continue;
            }

            string stop = report.Stop is null
                ? "none"
                : Quote(report.Stop) + (report.StopIsNextHeader ? " (the next header)" : "");
            text.Append("  stop token:        ").Append(stop).Append('\n');
            text.Append("  generation prompt: ").Append(Quote(report.GenerationPrompt ?? "")).Append('\n');
            text.Append("  prefix-stable:     ");
            text.Append(
                report.IsPrefixStable ? "yes" : $"no, in {string.Join(", ", report.UnstableIn)}: use --expand-turns"
            );
            text.Append('\n');
            foreach (TemplateEffect effect in report.Effects)
            {
                text.Append("  ").Append(effect.Code).Append(": ").Append(effect.Message).Append('\n');
            }

            foreach ((string probe, string error) in report.Refused)
            {
                text.Append("  refuses ").Append(probe).Append(" (").Append(error).Append(")\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A row a template.</summary>
    public static string Markdown(IEnumerable<TemplateReport> reports) =>
        Table.Markdown(["template", "stop token", "prefix-stable", "effects", "refuses"], reports.Select(Cells));

    /// <summary>A list of objects on one line.</summary>
    public static string Json(IEnumerable<TemplateReport> reports) => JsonText.Line(reports.Select(Fields)) + "\n";

    private static string[] Cells(TemplateReport report) =>
        report.Error is not null
            ? [report.Name, "cannot be parsed", "", report.Error, ""]
            :
            [
                report.Name,
                report.Stop is null
                    ? "none"
                    : $"`{Quote(report.Stop)}`" + (report.StopIsNextHeader ? " (next header)" : ""),
                report.IsPrefixStable ? "yes" : "no: " + string.Join(", ", report.UnstableIn),
                string.Join(", ", report.Effects.Select(effect => effect.Code)),
                string.Join(", ", report.Refused.Select(refused => $"{refused.Probe} ({refused.Error})")),
            ];

    private static object Fields(TemplateReport report) =>
        report.Error is not null
            ? new { template = report.Name, error = report.Error }
            : new
            {
                template = report.Name,
                stop = report.Stop,
                stopIsNextHeader = report.StopIsNextHeader,
                generationPrompt = report.GenerationPrompt,
                prefixStable = report.IsPrefixStable,
                needsExpandTurns = report.NeedsExpandTurns,
                generationBlocks = report.HasGenerationBlocks,
                unstableIn = report.UnstableIn,
                effects = report.Effects.Select(effect => new { code = effect.Code, message = effect.Message }),
                refuses = report.Refused.Select(refused => new { probe = refused.Probe, error = refused.Error }),
            };

    private static string Quote(string text) => Printable.Line(text);
}
