using MultiTurnTrainer.Conversations.Findings;
using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Conversations.Validation;

namespace MultiTurnTrainer.Conversations.Rules;

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
