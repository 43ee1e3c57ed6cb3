using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A row is longer than the limit.</summary>
internal sealed class RowTooLong : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT008", "row-too-long", Severity.Error, "A row is longer than the limit.")
        {
            Why = "One such row takes the memory of the whole run; no conversation is that long.",
            Hint = "Split it, or raise --max-row-bytes when it is real.",
        };
}
