using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>A conversation is nearly equal to an earlier one (--duplicates all).</summary>
internal sealed class NearDuplicate : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT502",
            "near-duplicate",
            Severity.Warning,
            "A conversation is nearly equal to an earlier one (--duplicates all)."
        )
        {
            Why = "Templates filled with names and numbers weigh like many rows and teach one.",
            Hint = "`mtt prepare --near-duplicates` keeps the first.",
        };
}
