using MultiTurnTrainer.Evaluation.TextScores;

namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>
/// Exported sessions have no gold answer: how near the last reply is to the one that was served, as chrF. It compares models and
/// modes on real traffic; it is no measure of being right.
/// </summary>
public sealed class SessionVerifier : IVerifier
{
    /// <inheritdoc/>
    public string Metric(ShardedTask task) => $"{Chrf.Signature(1)} against the served answer";

    /// <summary>Every reply is an answer.</summary>
    public Verdict Judge(ShardedTask task, string reply)
    {
        double score = Chrf.Score(reply, [RightAnswer(task)]) / 100;
        return reply.Trim().Length == 0
            ? Verdict.NoAnswer(reply)
            : new Verdict(ReplyKind.AnswerAttempt, score, score, reply.Trim());
    }

    /// <inheritdoc/>
    public string RightAnswer(ShardedTask task) => task.Answer ?? "";

    /// <summary>The user's own words.</summary>
    public string WrongAnswer(ShardedTask task) => task.Question;
}
