using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Both sides of a pair are the same.</summary>
internal sealed class IdenticalSides : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT601", "identical-sides", Severity.Error, "Both sides of a pair are the same.")
        {
            Why = "Nothing is preferred to anything: the pair's loss never moves, and training leaves it out.",
            Hint = "Leave the pair out, or find the answer that was meant.",
            Bad = """{"prompt":"hi","chosen":"hello","rejected":"hello"}""",
        };

    public override void CheckPair(Row chosen, Row rejected, FindingSink sink)
    {
        if (PairFork.IsNone(chosen, rejected, PairFork.Find(chosen, rejected)))
        {
            int last = rejected.Messages.IsEmpty ? 0 : rejected.Messages[^1].Token;
            sink.Add(this, rejected, last, "the rejected side says what the chosen one says");
        }
    }
}
