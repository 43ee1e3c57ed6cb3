using MultiTurnTrainer.Training.Objectives;

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>Some tasks of one step. What they cost is known once their replies have been sampled.</summary>
/// <param name="Units">Task numbers.</param>
/// <param name="RowIds">Their ids.</param>
internal sealed record DistillationBatch(IReadOnlyList<int> Units, IReadOnlyList<string> RowIds) : IMicroBatch
{
    public long Tokens { get; private set; }

    public int SupervisedTokens { get; private set; }

    /// <inheritdoc/>
    public string Branch { get; set; } = "";

    /// <summary>Every task counts once, however long its replies are.</summary>
    public double Normalizer => Units.Count;

    /// <summary>Not counted: most of the work is sampling.</summary>
    public double Flops => 0;

    /// <summary>Counts what the student was trained on.</summary>
    public void CountTokens(IReadOnlyList<ScoredReply> replies)
    {
        Tokens = replies.Sum(reply => (long)reply.StudentContext.Length + reply.Reply.Length);
        SupervisedTokens = replies.Sum(reply => reply.Reply.Length);
    }
}
