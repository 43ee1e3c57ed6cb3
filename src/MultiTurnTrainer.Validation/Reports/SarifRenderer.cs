using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>
/// SARIF 2.1.0 for code-scanning services: the catalogue as rules, the line as region, the path in the row as logical
/// location.
/// </summary>
internal sealed class SarifRenderer(TextWriter output) : FindingRenderer
{
    private bool _any;

    public override void Begin()
    {
        string driver = FindingJson.Line(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("name", "mtt");
            writer.WriteString("version", Manifest.ToolVersion);
            writer.WriteStartArray("rules");
            foreach (RuleInfo rule in Catalogue.All)
            {
                WriteRule(writer, rule);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
        output.Write(
            "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{"
                + $"\"tool\":{{\"driver\":{driver}}},\"columnKind\":\"utf16CodeUnits\",\"results\":["
        );
    }

    public override void Write(Finding finding)
    {
        output.Write(_any ? ",\n" : "\n");
        _any = true;
        output.Write(FindingJson.Line(writer => WriteResult(writer, finding)));
    }

    public override void End(ValidationSummary summary) => output.Write($"{(_any ? "\n" : "")}]}}]}}\n");

    private static void WriteRule(Utf8JsonWriter writer, RuleInfo rule)
    {
        writer.WriteStartObject();
        writer.WriteString("id", rule.Code);
        writer.WriteString("name", Pascal(rule.Name));
        Text(writer, "shortDescription", rule.Summary);
        Text(writer, "fullDescription", $"{rule.Summary} {rule.Why}");
        Text(writer, "help", rule.Hint);
        writer.WriteStartObject("defaultConfiguration");
        writer.WriteString("level", Level(rule.Severity));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter writer, Finding finding)
    {
        writer.WriteStartObject();
        writer.WriteString("ruleId", finding.Code);
        writer.WriteNumber("ruleIndex", Catalogue.IndexOf(finding.Code));
        writer.WriteString("level", Level(finding.Severity));
        string path = finding.Path is null ? "" : $"{finding.Path}: ";
        Text(writer, "message", $"{path}{finding.Message}{(finding.Hint is null ? "" : $". {finding.Hint}")}");
        writer.WriteStartArray("locations");
        writer.WriteStartObject();
        writer.WriteStartObject("physicalLocation");
        writer.WriteStartObject("artifactLocation");
        writer.WriteString("uri", Uri(finding.File));
        writer.WriteEndObject();
        writer.WriteStartObject("region");
        writer.WriteNumber("startLine", Math.Max(1, finding.Line));
        if (finding.Column is { } column)
        {
            writer.WriteNumber("startColumn", column);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        if (finding.Path is not null)
        {
            writer.WriteStartArray("logicalLocations");
            writer.WriteStartObject();
            writer.WriteString("fullyQualifiedName", finding.Path);
            writer.WriteEndObject();
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter writer, string name, string text)
    {
        writer.WriteStartObject(name);
        writer.WriteString("text", text);
        writer.WriteEndObject();
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
