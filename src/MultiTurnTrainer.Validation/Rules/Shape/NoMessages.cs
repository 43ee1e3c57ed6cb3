using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A conversation has no messages.</summary>
internal sealed class NoMessages : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT114", "no-messages", Severity.Error, "A conversation has no messages.")
        {
            Why = "There is nothing to learn, and templates fail on an empty list.",
            Hint = "Leave the row out.",
            Bad = """{"messages":[]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        if (row.MessageList < 0 || row.Tape[row.MessageList].Kind != JsonKind.Array)
        {
            sink.Add(this, row, 0, "\"messages\" is not a list");
        }
        else if (row.Messages.IsEmpty)
        {
            sink.Add(this, row, row.MessageList, "the list of messages is empty");
        }
    }
}
