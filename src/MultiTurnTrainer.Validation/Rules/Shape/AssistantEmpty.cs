using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>An answer has neither content nor calls.</summary>
internal sealed class AssistantEmpty : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT108", "assistant-empty", Severity.Error, "An answer has neither content nor calls.")
        {
            Why = "The model learns to stop at once.",
            Hint = "Remove the turn, or fill it.",
            Bad = """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":""}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (ref readonly MessageView message in row.Messages)
        {
            bool legacyCall = message.CallCount == 0 && row.Tape.Find(message.Token, "function_call"u8) >= 0;
            bool wrongType =
                message.Content >= 0
                && row.Tape[message.Content].Kind is not (JsonKind.String or JsonKind.Null or JsonKind.Array);
            bool otherParts = message.Content >= 0 && UnsupportedPart.HasOther(row.Tape, message.Content);
            if (
                message.Role == Role.Assistant
                && !message.HasText
                && message.CallCount == 0
                && !legacyCall
                && !wrongType
                && !otherParts
            )
            {
                sink.Add(
                    this,
                    row,
                    message.Content >= 0 ? message.Content : message.Token,
                    message.Reasoning >= 0 && ContentText.HasText(row.Tape, message.Reasoning)
                        ? "the answer has reasoning but neither content nor calls"
                        : "the answer has neither content nor calls"
                );
            }
        }
    }
}
