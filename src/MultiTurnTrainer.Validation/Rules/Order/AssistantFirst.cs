using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>The assistant speaks before any user.</summary>
internal sealed class AssistantFirst : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT204", "assistant-first", Severity.Warning, "The assistant speaks before any user.")
        {
            Why = "Templates that need alternation fail or drop the message.",
            Hint = "Move the greeting to the system message, or add what the user said.",
            Bad =
                """{"messages":[{"role":"assistant","content":"hello"},{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (message.Role == Role.Assistant)
            {
                sink.Add(this, row, message.Token, "the assistant speaks first");
            }

            if (message.Role is not (Role.System or Role.Developer))
            {
                return;
            }
        }
    }
}
