using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A pair has one side only. The validator finds it where a row is read.</summary>
internal sealed class OneSided : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT604", "one-sided", Severity.Error, "A pair has one side only.")
        {
            Why = "There is nothing to compare the answer with.",
            Hint = "Add the other side; or label the row for kto: \"prompt\", \"completion\", \"label\".",
            Bad = """{"prompt":"hi","chosen":"hello"}""",
        };
}
