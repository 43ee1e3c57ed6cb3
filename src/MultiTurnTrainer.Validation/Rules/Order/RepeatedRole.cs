// Folder Order: rules on who speaks when.
// Refuses to know: texts.
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Two messages in a row are of the same speaker.</summary>
internal sealed class RepeatedRole : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT202", "repeated-role", Severity.Warning, "Two messages in a row are of the same speaker.")
        {
            Why = "Templates that need alternation fail, others print two headers where one was served.",
            Hint = "Join them with a blank line, or find the answer that is missing.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        Role before = Role.Unknown;
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (message.Role == before && message.Role is Role.User or Role.Assistant)
            {
                sink.Add(this, row, message.Token, $"two {Roles.Name(message.Role)} messages follow each other");
            }

            before = message.Role;
        }
    }
}
