using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A text holds a placeholder that nobody filled in.</summary>
internal sealed class Placeholder : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT408", "placeholder", Severity.Warning, "A text holds a placeholder that nobody filled in.")
        {
            Why = "The model learns to say {{name}} to people.",
            Hint = "Fill it in before training.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"Hello! I am {{name}}."}]}""",
        };

    public override bool JudgesAnswers => true;

    public override void Check(Row row, FindingSink sink)
    {
        foreach (TextToken text in row.Texts)
        {
            bool mayHold = text.Role == Role.Assistant && (text.Marks & TextMarks.Braces) != 0;
            if (mayHold && Patterns.Placeholder(text.Utf8) is { } found)
            {
                sink.Add(this, row, text.Token, $"the answer holds {Shown.Text(found)}");
            }
        }
    }
}
