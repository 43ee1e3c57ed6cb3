using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>An answer is in another language than the question.</summary>
internal sealed class LanguageSwitch : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT407", "language-switch", Severity.Info, "An answer is in another language than the question.")
        {
            Why = "Right for translations; otherwise the model learns to change the language.",
            Hint = "Look at a few of them.",
            Bad =
                """{"messages":[{"role":"user","content":"What is the capital of the country that is to the east of France?"},{"role":"assistant","content":"Das ist die Stadt Berlin, und sie ist auch die größte Stadt in dem Land."}]}""",
        };

    public override bool JudgesAnswers => true;

    public override void Check(Row row, FindingSink sink)
    {
        // The first question and the first answer say it; the turns after follow them.
        string? asked = null;
        foreach (TextToken text in row.Texts)
        {
            if (text.Role == Role.User)
            {
                asked ??= Language.Guess(text.Utf8) ?? "";
            }
            else if (text.Role == Role.Assistant && !text.IsReasoning)
            {
                if (asked is { Length: > 0 } && Language.Guess(text.Utf8) is { } answered && answered != asked)
                {
                    sink.Add(this, row, text.Token, $"the question is in {asked}, the answer in {answered}");
                }

                return;
            }
        }
    }
}
