using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>The conversation ends with a message that nobody answers.</summary>
internal sealed class TrailingUser : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT203", "trailing-user", Severity.Warning, "The conversation ends with a message that nobody answers.")
        {
            Why = "It is never trained on; it costs context and nothing else.",
            Hint = "Drop the last message, or add the answer.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"},{"role":"user","content":"hi"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        if (row.Messages is [.., { Role: Role.User or Role.Tool or Role.System } last] && row.Messages.Length > 1)
        {
            sink.Add(this, row, last.Token, $"the conversation ends with a {Roles.Name(last.Role)} message");
        }
    }
}
