using MultiTurnTrainer.Conversations.Findings;
using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Conversations.Validation;

namespace MultiTurnTrainer.Conversations.Rules;

/// <summary>A CSV row has more cells than the header.</summary>
internal sealed class ExtraCells : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT015", "extra-cells", Severity.Error, "A CSV row has more cells than the header.")
        {
            Why = "A text with a comma was not quoted: every cell behind it stands under the wrong name.",
            Hint = "Quote cells with commas, quotes or line breaks, and double the quotes inside.",
        };
}
