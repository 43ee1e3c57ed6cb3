using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A row has no format that holds a conversation.</summary>
internal sealed class NotAConversation : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT101", "not-a-conversation", Severity.Error, "A row has no format that holds a conversation.")
        {
            Why = "There is nothing to learn a dialogue from, or its keys are misspelt.",
            Hint = "Give one of the formats of `mtt docs formats`.",
            Bad = """{"text":"Once upon a time"}""",
        };
}
