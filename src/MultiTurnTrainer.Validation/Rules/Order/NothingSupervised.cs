using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Every answer of a conversation has the weight 0.</summary>
internal sealed class NothingSupervised : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT206", "nothing-supervised", Severity.Error, "Every answer of a conversation has the weight 0.")
        {
            Why = "The row costs a forward pass and teaches nothing; a batch of such rows gives a loss of 0 over 0.",
            Hint = "Give one answer a weight, or leave the row out.",
            Bad = """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello","weight":0}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        int answers = 0;
        for (int i = 0; i < row.Messages.Length; i++)
        {
            if (row.Messages[i].Role != Role.Assistant)
            {
                continue;
            }

            answers++;
            if (row.Supervision.WeightOf(i) > 0)
            {
                return;
            }
        }

        if (answers > 0)
        {
            sink.Add(this, row, row.MessageList, "every answer has the weight 0");
        }
    }
}
