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
        output.Write(
            FindingJson.Line(writer =>
            {
                writer.WriteStartObject();
                FindingJson.Write(writer, finding);
                writer.WriteEndObject();
            })
        );
    }

    public override void End(ValidationSummary summary)
    {
        string text = FindingJson.Line(writer =>
        {
            writer.WriteStartObject();
            FindingJson.Write(writer, summary);
            writer.WriteEndObject();
        });
        output.Write($"{(_any ? "\n" : "")}],\"summary\":{text}}}\n");
    }
}
