using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A &lt;think> block is opened and never closed, or closed and never opened.</summary>
internal sealed class ThinkUnclosed : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT411",
            "think-unclosed",
            Severity.Warning,
            "A `<think>` block is opened and never closed, or closed and never opened."
        )
        {
            Why = "Templates split answers at `</think>`; the answer is taken for reasoning or the other way round.",
            Hint = "Close the block, or move it to \"reasoning_content\".",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"<think>hm, the answer is 4"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (TextToken text in row.Texts)
        {
            if (text.Role != Role.Assistant || (text.Marks & TextMarks.ReplacementOrThink) == 0)
            {
                continue;
            }

            bool open = text.Utf8.IndexOf("<think>"u8) >= 0;
            bool close = text.Utf8.IndexOf("</think>"u8) >= 0;
            if (open != close)
            {
                sink.Add(this, row, text.Token, open ? "<think> is never closed" : "</think> without <think>");
            }
        }
    }
}
