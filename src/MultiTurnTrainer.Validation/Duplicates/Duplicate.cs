using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>A conversation is in the data twice.</summary>
internal sealed class Duplicate : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT501", "duplicate", Severity.Warning, "A conversation is in the data twice.")
        {
            Why = "It counts twice in the loss, and one copy may end up in the test set.",
            Hint = "`mtt prepare` keeps the first.",
            Bad = """
                {"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}
                {"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}
                """,
        };
}
