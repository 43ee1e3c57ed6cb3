using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>Two rows have the same id.</summary>
internal sealed class IdRepeated : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT505", "id-repeated", Severity.Warning, "Two rows have the same id.")
        {
            Why = "Findings, masks and scores cannot be traced back to one of them.",
            Hint = "Give every row an id of its own.",
            Bad = """
                {"id":"a","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}
                {"id":"a","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"other"}]}
                """,
        };
}
