using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Lines end with CR LF.</summary>
internal sealed class CarriageReturn : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT004", "crlf", Severity.Info, "Lines end with CR LF.")
        {
            Why = "Harmless for JSON, but byte-wise tools see two files where there is one, and hashes differ.",
            Hint = "Convert the line ends, or let --fix do it.",
            Bad = Examples.Good + "\r\n",
            Fix = "drop-carriage-returns",
        };

    private bool _said;

    public override void CheckText(Row row, FindingSink sink)
    {
        if (!_said && (row.Record.Flags & Conversations.Jsonl.RecordFlags.CarriageReturn) != 0)
        {
            _said = true;
            sink.AddSource(this, row, 0, "lines end with CR LF (reported once a file)");
        }
    }

    public override void EndFile(string file, FindingSink sink) => _said = false;
}
