using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A text holds U+FFFD, what is left of text read in a wrong encoding.</summary>
internal sealed class ReplacementCharacter : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT409",
            "replacement-character",
            Severity.Info,
            "A text holds U+FFFD, what is left of text read in a wrong encoding."
        )
        {
            Why = "The letters that stood there are lost.",
            Hint = "Export again with the right encoding.",
            Bad = """{"messages":[{"role":"user","content":"caf�"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (TextToken text in row.Texts)
        {
            if ((text.Marks & TextMarks.ReplacementOrThink) != 0 && text.Utf8.IndexOf("\uFFFD"u8) >= 0)
            {
                sink.Add(this, row, text.Token, "the text holds U+FFFD");
            }
        }
    }
}
