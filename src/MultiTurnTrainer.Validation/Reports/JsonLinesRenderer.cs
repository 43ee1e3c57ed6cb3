using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>Typed messages, one a line: <c>begin</c>, <c>finding</c>…, <c>summary</c>.</summary>
internal sealed class JsonLinesRenderer(TextWriter output) : FindingRenderer
{
    public override void Begin() =>
        Message("begin", writer => writer.WriteNumber("schemaVersion", FindingJson.SchemaVersion));

    public override void Write(Finding finding) =>
        Message(
            "finding",
            writer =>
            {
                FindingJson.Write(writer, finding);
                if (finding.Column is { } column)
                {
                    writer.WriteNumber("column", column);
                }
            }
        );

    public override void End(ValidationSummary summary) =>
        Message("summary", writer => FindingJson.Write(writer, summary));

    private void Message(string type, Action<Utf8JsonWriter> write)
    {
        output.Write(
            FindingJson.Line(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("type", type);
                write(writer);
                writer.WriteEndObject();
            })
        );
        output.Write('\n');
    }
}
