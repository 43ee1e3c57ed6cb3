// Folder Text: rules on bytes and JSON, before a row is read.
// Refuses to know: what a row means.
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A row is not JSON.</summary>
internal sealed class JsonSyntax : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT001", "json-syntax", Severity.Error, "A row is not JSON.")
        {
            Why = "A loader either stops at such a row or skips it without a word.",
            Hint = "Fix the row, or write the file again with a JSON library.",
            Bad = """
                {"messages":[{"role":"user","content":"hi"
                """,
        };
}
