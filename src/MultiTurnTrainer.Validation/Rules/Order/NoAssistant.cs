using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A conversation has no answer.</summary>
internal sealed class NoAssistant : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT205", "no-assistant", Severity.Error, "A conversation has no answer.")
        {
            Why = "There is nothing to learn from it.",
            Hint = "Add the answers, or leave the row out.",
            Bad = """{"messages":[{"role":"user","content":"hi"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (message.Role == Role.Assistant)
            {
                return;
            }
        }

        if (!row.Messages.IsEmpty)
        {
            sink.Add(this, row, row.MessageList, "the conversation has no assistant message");
        }
    }
}
