using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Containers are nested beyond 128 levels.</summary>
internal sealed class NestedTooDeep : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT009", "nested-too-deep", Severity.Error, "Containers are nested beyond 128 levels.")
        {
            Why = "Recursive readers crash on it; no chat format needs it.",
            Hint = "Flatten the value or leave it out.",
        };
}
