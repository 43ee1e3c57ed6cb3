using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A row is not valid UTF-8.</summary>
internal sealed class InvalidUtf8 : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT007", "invalid-utf8", Severity.Error, "A row is not valid UTF-8.")
        {
            Why = "The text is damaged, often by reading Latin-1 or Windows-1252 as UTF-8.",
            Hint = "Find the export that wrote it and give it the right encoding.",
            Fix = "replace-invalid-utf8",
        };
}
