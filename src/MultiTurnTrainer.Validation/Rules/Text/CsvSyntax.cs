using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A CSV row has more cells than the header, or a quote out of place.</summary>
internal sealed class CsvSyntax : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT015",
            "csv-syntax",
            Severity.Error,
            "A CSV row has more cells than the header, or a quote out of place."
        )
        {
            Why = "A text with a comma or a quote was not quoted: cells end in the wrong place or get the wrong name.",
            Hint = "Quote cells with commas, quotes or line breaks, and double the quotes inside.",
        };
}
