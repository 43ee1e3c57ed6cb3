using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A message of the user or the system has no text.</summary>
internal sealed class EmptyContent : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT107", "empty-content", Severity.Warning, "A message of the user or the system has no text.")
        {
            Why = "The model learns to answer nothing, and some templates merge the turns around it.",
            Hint = "Remove the message with its answer, or fill it.",
            Bad = """{"messages":[{"role":"user","content":" "},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (ref readonly MessageView message in row.Messages)
        {
            bool text = message.Content >= 0 && row.Tape[message.Content].Kind is JsonKind.String or JsonKind.Array;
            bool spoken = message.Role is Role.User or Role.System or Role.Developer;
            if (text && spoken && !message.HasText && !UnsupportedPart.HasOther(row.Tape, message.Content))
            {
                sink.Add(this, row, message.Content, $"the {Roles.Name(message.Role)} message is empty");
            }
        }
    }
}
