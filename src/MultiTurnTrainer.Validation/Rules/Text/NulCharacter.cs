using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A text holds U+0000.</summary>
internal sealed class NulCharacter : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT005", "nul-character", Severity.Error, "A text holds U+0000.")
        {
            Why = "Tokenizers and C programs cut the text there or make tokens that no user ever types.",
            Hint = "Remove it; it mostly comes from a broken export.",
            Bad = """{"messages":[{"role":"user","content":"a\u0000b"},{"role":"assistant","content":"hello"}]}""",
            Fix = "drop-nul-characters",
        };

    public override void CheckText(Row row, FindingSink sink)
    {
        JsonTape tape = row.Source;
        for (int token = 0; (tape.Flags & JsonFlags.Nul) != 0 && token < tape.Count; token++)
        {
            if ((tape[token].Flags & JsonFlags.Nul) != 0)
            {
                sink.AddSource(this, row, token, "the text holds U+0000");
            }
        }
    }
}
