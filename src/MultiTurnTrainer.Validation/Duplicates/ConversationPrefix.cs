using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>A conversation is the beginning of another one (--duplicates all).</summary>
internal sealed class ConversationPrefix : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT503",
            "conversation-prefix",
            Severity.Warning,
            "A conversation is the beginning of another one (--duplicates all)."
        )
        {
            Why = "Sets expanded turn by turn learn the early turns many times over.",
            Hint = "`mtt prepare` keeps the longest.",
        };
}
