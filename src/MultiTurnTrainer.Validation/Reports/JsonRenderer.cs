using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>One object: <c>{"schemaVersion", "findings": […], "summary"}</c>, a finding a line.</summary>
internal sealed class JsonRenderer(TextWriter output) : FindingRenderer
{
    private bool _any;

    public override void Begin() => output.Write($"{{\"schemaVersion\":{FindingJson.SchemaVersion},\"findings\":[");

    public override void Write(Finding finding)
    {
        output.Write(_any ? ",\n" : "\n");
        _any = true;
        output.Write(JsonText.Line(new JsonFields().Add(finding)));
    }

    public override void End(ValidationSummary summary) =>
        output.Write($"{(_any ? "\n" : "")}],\"summary\":{JsonText.Line(new JsonFields().Add(summary))}}}\n");
}
