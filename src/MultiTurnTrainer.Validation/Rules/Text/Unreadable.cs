using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A file cannot be read to its end.</summary>
internal sealed class Unreadable : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT014", "unreadable", Severity.Error, "A file cannot be read to its end.")
        {
            Why =
                "It is damaged, cut off, or packed in a way that is not read here; the rows after that place are unknown.",
            Hint = "Fetch or export the file again.",
        };
}
