using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>A row of the evaluation data, or its prompt, is in the training data (--eval).</summary>
internal sealed class Leakage : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT504",
            "leakage",
            Severity.Error,
            "A row of the evaluation data, or its prompt, is in the training data (--eval)."
        )
        {
            Why = "The measured quality is memory, not skill.",
            Hint = "Take it out of one of them; `mtt prepare --split` keeps rows that begin alike together.",
        };
}
