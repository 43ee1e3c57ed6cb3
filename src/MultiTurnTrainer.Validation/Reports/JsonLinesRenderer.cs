using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>Typed messages, one a line: <c>begin</c>, <c>finding</c>…, <c>summary</c>.</summary>
internal sealed class JsonLinesRenderer(TextWriter output) : FindingRenderer
{
    public override void Begin() => Write(new() { ["type"] = "begin", ["schemaVersion"] = FindingJson.SchemaVersion });

    public override void Write(Finding finding) =>
        Write(
            new JsonFields { ["type"] = "finding" }
                .Add(finding)
                .AddPresent("column", finding.Column)
        );

    public override void End(ValidationSummary summary) => Write(new JsonFields { ["type"] = "summary" }.Add(summary));

    private void Write(JsonFields message)
    {
        output.Write(JsonText.Line(message));
        output.Write('\n');
    }
}
