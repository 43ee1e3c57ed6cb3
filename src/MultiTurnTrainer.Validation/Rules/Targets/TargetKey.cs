using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Targets;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A row or a message has a key that the service refuses, or lacks one that it needs.</summary>
internal sealed class TargetKey(ProviderTarget? target) : TargetRule(target)
{
    public override RuleInfo Info { get; } =
        new(
            "MTT703",
            "target-key",
            Severity.Error,
            "A key is one that the service refuses, or one that it needs is absent."
        )
        {
            Why = "The file is refused at its first such row.",
            Hint = "Convert rows with `mtt prepare`, and take other keys out before the upload.",
        };

    protected override void CheckRow(Row row, FindingSink sink)
    {
        if (row.Source.Find(0, "messages"u8) < 0)
        {
            sink.AddSource(this, row, 0, $"the row has no messages, which {Target.Name} needs");
        }

        CheckKeys(row, 0, Target.RowKeys, "a row", sink);
    }

    protected override void CheckMessage(Row row, int message, int previous, bool isLast, FindingSink sink) =>
        CheckKeys(row, message, Target.MessageKeys, "a message", sink);

    private void CheckKeys(Row row, int container, IReadOnlyList<string> known, string owner, FindingSink sink)
    {
        JsonTape tape = row.Source;
        if (known.Count == 0 || tape[container].Kind != JsonKind.Object)
        {
            return;
        }

        for (int at = container + 1; at < tape[container].Next; at = tape[at + 1].Next)
        {
            if (!known.Contains(tape.String(at)))
            {
                string key = Shown.Text(tape, at);
                sink.AddSource(this, row, at + 1, $"{Target.Name} knows no key {key} of {owner}: {List(known)}");
            }
        }
    }
}
