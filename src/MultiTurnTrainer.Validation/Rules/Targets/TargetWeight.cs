using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Targets;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A message has a weight that the service refuses.</summary>
internal sealed class TargetWeight(ProviderTarget? target) : TargetRule(target)
{
    public override RuleInfo Info { get; } =
        new("MTT705", "target-weight", Severity.Error, "A message has a weight that the service refuses.")
        {
            Why = "Services take an answer whole or not at all; shares between are mtt's.",
            Hint = "Use 0 or 1, on answers only.",
        };

    protected override void CheckMessage(Row row, int message, int previous, bool isLast, FindingSink sink)
    {
        JsonTape tape = row.Source;
        int weight = tape.Find(message, "weight"u8);
        if (weight < 0)
        {
            return;
        }

        string written = Encoding.UTF8.GetString(tape.RawValue(weight));
        if (!Target.Weights.Contains(written))
        {
            string shown = Shown.Text(written);
            sink.AddSource(this, row, weight, $"{Target.Name} takes the weights {List(Target.Weights)}, not {shown}");
        }
        else if (Text(tape, message, "role"u8) != "assistant")
        {
            sink.AddSource(this, row, weight, $"{Target.Name} takes a weight on answers only");
        }
    }
}
