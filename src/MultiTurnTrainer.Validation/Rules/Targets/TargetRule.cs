// Folder Targets: what a service asks of the rows of an uploaded file.
// Refuses to know: which services there are.
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Targets;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A rule of the service that a file is meant for, which runs only where there is one. Rows are looked at as the file has them.</summary>
internal abstract class TargetRule(ProviderTarget? target) : Rule
{
    protected ProviderTarget Target => target!;

    public override void CheckText(Row row, FindingSink sink)
    {
        JsonTape tape = row.Source;
        CheckRow(row, sink);
        int messages = tape.Find(0, "messages"u8);
        if (messages < 0 || tape[messages].Kind != JsonKind.Array)
        {
            return;
        }

        int previous = -1;
        for (int at = messages + 1; at < tape[messages].Next; at = tape[at].Next)
        {
            if (tape[at].Kind == JsonKind.Object)
            {
                CheckMessage(row, at, previous, isLast: tape[at].Next == tape[messages].Next, sink);
                previous = at;
            }
        }
    }

    /// <summary>Looks at a row.</summary>
    protected virtual void CheckRow(Row row, FindingSink sink) { }

    /// <summary>Looks at a message.</summary>
    /// <param name="row">The row.</param>
    /// <param name="message">The message's token in the source.</param>
    /// <param name="previous">The message before; −1 for the first.</param>
    /// <param name="isLast">Whether it is the last.</param>
    /// <param name="sink">Gets the findings.</param>
    protected virtual void CheckMessage(Row row, int message, int previous, bool isLast, FindingSink sink) { }

    /// <summary>The text of a key of an object; empty where it is no text.</summary>
    protected static string Text(JsonTape tape, int container, ReadOnlySpan<byte> key)
    {
        int value = tape.Find(container, key);
        return value >= 0 && tape[value].Kind == JsonKind.String ? tape.String(value) : "";
    }

    protected static string List(IEnumerable<string> names) => string.Join(", ", names);
}
