using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A file ends in the middle of its data.</summary>
internal sealed class CutOff : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT013", "cut-off", Severity.Error, "A file ends in the middle of its data.")
        {
            Why = "A part of the data is missing and nobody knows which.",
            Hint = "Fetch or export the file again.",
        };
}
