using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A message that is not the assistant's has a weight.</summary>
internal sealed class WeightIgnored : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT112", "weight-ignored", Severity.Warning, "A message that is not the assistant's has a weight.")
        {
            Why = "Only the assistant's messages are supervised, so the weight does nothing.",
            Hint = "Remove it, or move it to the answer.",
            Bad = """{"messages":[{"role":"user","content":"hi","weight":1},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (ref readonly MessageView message in row.Messages)
        {
            int weight = SupervisionReader.Find(row.Tape, message.Token);
            if (
                weight >= 0
                && message.Role is Role.User or Role.System or Role.Developer or Role.Tool
                && SupervisionReader.WeightOf(row.Tape, message.Token, []) > 0
            )
            {
                sink.Add(this, row, weight, $"a weight on a {Roles.Name(message.Role)} message does nothing");
            }
        }
    }
}
