using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A line is blank.</summary>
internal sealed class BlankLine : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT011", "blank-line", Severity.Info, "A line is blank.")
        {
            Why = "Loaders that do not skip it fail there.",
            Hint = "Remove it; --fix does.",
            Bad = Examples.Good + "\n\n" + Examples.Good,
            Fix = "drop-blank-lines",
        };
}
