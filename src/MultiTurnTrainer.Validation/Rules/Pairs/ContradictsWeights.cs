using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>The rejected side of a pair weighs more than the chosen one.</summary>
internal sealed class ContradictsWeights : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT603",
            "contradicts-weights",
            Severity.Error,
            "The rejected side of a pair weighs more than the chosen one."
        )
        {
            Why = "The row prefers the one and weighs the other; one of the two is a slip.",
            Hint = "Swap the sides, or mend the weights.",
            Bad =
                """{"prompt":"hi","chosen":{"role":"assistant","content":"hello","weight":0},"rejected":{"role":"assistant","content":"go away"}}""",
        };

    public override void CheckPair(Row chosen, Row rejected, FindingSink sink)
    {
        int fork = PairFork.Find(chosen, rejected);
        if (MeanWeight(chosen, fork) < MeanWeight(rejected, fork))
        {
            const string text = "the rejected side's answers have the higher weight";
            sink.Add(this, rejected, rejected.Messages[fork].Token, text);
        }
    }

    /// <summary>The mean weight of the answers after the fork; null where there is none.</summary>
    private static double? MeanWeight(Row side, int fork)
    {
        (double sum, int count) = (0, 0);
        for (int i = fork; i < side.Messages.Length; i++)
        {
            if (side.Messages[i].Role == Role.Assistant)
            {
                sum += side.Supervision.WeightOf(i);
                count++;
            }
        }

        return count == 0 ? null : sum / count;
    }
}
