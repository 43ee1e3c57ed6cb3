using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>The file begins with a byte order mark.</summary>
internal sealed class ByteOrderMark : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT003", "byte-order-mark", Severity.Warning, "The file begins with a byte order mark.")
        {
            Why = "Many JSONL readers take it for a part of the first row and fail there.",
            Hint = "Save the file as UTF-8 without a mark.",
            Bad = "\uFEFF" + Examples.Good,
            Fix = "drop-byte-order-mark",
        };
}
