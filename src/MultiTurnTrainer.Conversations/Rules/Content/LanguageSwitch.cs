using MultiTurnTrainer.Conversations.Findings;
using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Conversations.Validation;

namespace MultiTurnTrainer.Conversations.Rules;

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

    public override void Check(Row row, FindingSink sink)
    {
        string? asked = null;
        foreach (TextToken text in row.Texts)
        {
            if (text.IsReasoning || text.Role is not (Role.User or Role.Assistant))
            {
                continue;
            }

            string? language = Language.Guess(text.Utf8);
            if (text.Role == Role.User)
            {
                asked = language;
            }
            else if (asked is not null && language is not null && asked != language)
            {
                sink.Add(this, row, text.Token, $"the question is in {asked}, the answer in {language}");
                return;
            }
            else
            {
                asked = null;
            }
        }
    }
}
