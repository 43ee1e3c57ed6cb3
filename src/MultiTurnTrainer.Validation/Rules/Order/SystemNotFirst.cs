using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A system message comes after other messages.</summary>
internal sealed class SystemNotFirst : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT201", "system-not-first", Severity.Warning, "A system message comes after other messages.")
        {
            Why = "Many templates drop it, move it to the front, or fail.",
            Hint = "Move it to the front, or make it a part of the user's message.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"system","content":"Be brief."},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        bool begun = false;
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (message.Role is Role.System or Role.Developer)
            {
                if (begun)
                {
                    sink.Add(this, row, message.Token, $"a {Roles.Name(message.Role)} message is in the middle");
                }
            }
            else
            {
                begun = true;
            }
        }
    }
}
