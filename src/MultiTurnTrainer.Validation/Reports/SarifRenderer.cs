using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>
/// SARIF 2.1.0 for code-scanning services: the catalogue as rules, the line as region, the path in the row as logical location. A rule's
/// <c>helpUri</c> is its page where the documentation has an address, else an address that holds the help itself.
/// </summary>
internal sealed class SarifRenderer(TextWriter output, ReportOptions options) : FindingRenderer
{
    private bool _any;

    public override void Begin()
    {
        JsonFields driver = new()
        {
            ["name"] = "mtt",
            ["version"] = Manifest.ToolVersion,
            ["semanticVersion"] = Manifest.ToolVersion,
            ["rules"] = Catalogue.All.Select(Describe),
        };
        driver.AddPresent("informationUri", options.Documentation is { } pages ? $"{pages}/ci.md" : null);
        output.Write(
            "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{"
                + $"\"tool\":{{\"driver\":{JsonText.Line(driver)}}},\"columnKind\":\"utf16CodeUnits\",\"results\":["
        );
    }

    public override void Write(Finding finding)
    {
        output.Write(_any ? ",\n" : "\n");
        _any = true;
        output.Write(JsonText.Line(Describe(finding)));
    }

    public override void End(ValidationSummary summary) => output.Write($"{(_any ? "\n" : "")}]}}]}}\n");

    private JsonFields Describe(RuleInfo rule) =>
        new()
        {
            ["id"] = rule.Code,
            ["name"] = Pascal(rule.Name),
            ["shortDescription"] = new { text = rule.Summary },
            ["fullDescription"] = new { text = $"{rule.Summary} {rule.Why}" },
            ["helpUri"] = options.HelpOf(rule) ?? $"data:text/plain,{System.Uri.EscapeDataString(Help(rule))}",
            ["help"] = new { text = Help(rule), markdown = Markdown(rule) },
            ["defaultConfiguration"] = new { level = Level(rule.Severity) },
            ["properties"] = new JsonFields
            {
                ["tags"] = (string[])["dataset", rule.Group],
                ["problem.severity"] = rule.Severity == Severity.Info ? "recommendation" : rule.Severity.GetName(),
            }.AddPresent("fix", rule.Fix),
        };

    private static string Help(RuleInfo rule) => $"{rule.Why} {rule.Hint}";

    private string Markdown(RuleInfo rule)
    {
        string more = options.HelpOf(rule) is { } page
            ? $"[{rule.Code} {rule.Name}]({page})"
            : $"`mtt explain {rule.Code}` shows an example.";
        return $"**{rule.Summary}**\n\n{rule.Why}\n\n{rule.Hint}\n\n{more}";
    }

    private static JsonFields Describe(Finding finding)
    {
        string path = finding.Path is null ? "" : $"{finding.Path}: ";
        string hint = finding.Hint is null ? "" : $". {finding.Hint}";
        JsonFields region = new() { ["startLine"] = Math.Max(1, finding.Line) };
        JsonFields location = new()
        {
            ["physicalLocation"] = new
            {
                artifactLocation = new { uri = Uri(finding.File) },
                region = region.AddPresent("startColumn", finding.Column),
            },
        };
        if (finding.Path is not null)
        {
            location["logicalLocations"] = new[] { new { fullyQualifiedName = finding.Path } };
        }

        return new JsonFields
        {
            ["ruleId"] = finding.Code,
            ["ruleIndex"] = Catalogue.IndexOf(finding.Code),
            ["level"] = Level(finding.Severity),
            ["message"] = new { text = $"{path}{finding.Message}{hint}" },
            ["locations"] = new[] { location },
        };
    }

    private static string Level(Severity severity) =>
        severity switch
        {
            Severity.Error => "error",
            Severity.Warning => "warning",
            _ => "note",
        };

    private static string Pascal(string name) =>
        string.Concat(name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    private static string Uri(string file) => string.Join('/', file.Split('/').Select(System.Uri.EscapeDataString));
}
