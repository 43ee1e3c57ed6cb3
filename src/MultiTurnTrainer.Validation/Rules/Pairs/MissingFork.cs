using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>The sides of a pair do not part at an answer.</summary>
internal sealed class MissingFork : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT602", "missing-fork", Severity.Error, "The sides of a pair do not part at an answer.")
        {
            Why = "Two answers are compared after one beginning; sides that part at a question answer different ones.",
            Hint = "Begin both sides alike, and let them part at an answer.",
            Bad =
                """{"chosen":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"rejected":[{"role":"user","content":"bye"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void CheckPair(Row chosen, Row rejected, FindingSink sink)
    {
        int fork = PairFork.Find(chosen, rejected);
        if (!PairFork.IsNone(chosen, rejected, fork))
        {
            bool oneEnds = fork == chosen.Messages.Length || fork == rejected.Messages.Length;
            Look(chosen, "chosen", fork, oneEnds, sink);
            Look(rejected, "rejected", fork, oneEnds, sink);
        }
    }

    private void Look(Row side, string name, int fork, bool oneEnds, FindingSink sink)
    {
        if (fork == side.Messages.Length)
        {
            int last = fork == 0 ? 0 : side.Messages[^1].Token;
            sink.Add(this, side, last, $"the {name} side ends where the other goes on");
        }
        else if (!oneEnds && side.Messages[fork] is { Role: not Role.Assistant } first)
        {
            sink.Add(this, side, first.Token, $"the {name} side parts from the other at a message that is no answer");
        }
    }
}
