using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A text holds half of a surrogate pair.</summary>
internal sealed class LoneSurrogate : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT006", "lone-surrogate", Severity.Error, "A text holds half of a surrogate pair.")
        {
            Why = "It is no Unicode character: readers replace it, drop it, or fail, each in their own way.",
            Hint = "Write the whole pair, or U+FFFD.",
            Bad = """{"messages":[{"role":"user","content":"a\ud83d b"},{"role":"assistant","content":"hello"}]}""",
            Fix = "replace-lone-surrogates",
        };

    public override void CheckText(Row row, FindingSink sink)
    {
        JsonTape tape = row.Source;
        for (int token = 0; (tape.Flags & JsonFlags.LoneSurrogate) != 0 && token < tape.Count; token++)
        {
            if ((tape[token].Flags & JsonFlags.LoneSurrogate) != 0)
            {
                sink.AddSource(this, row, token, "an escape \\uD800–\\uDFFF lacks its other half");
            }
        }
    }
}
