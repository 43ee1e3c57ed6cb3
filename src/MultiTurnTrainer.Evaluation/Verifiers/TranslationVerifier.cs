using MultiTurnTrainer.Evaluation.TextScores;

namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>
/// Translation of a whole document: BLEU of the reply against <c>document_en</c>. As published only a score of exactly 1 is right,
/// which a perfect translation misses by a rounding error; corrected, 100 to six digits is.
/// </summary>
public sealed class TranslationVerifier : IVerifier
{
    /// <inheritdoc/>
    public string Metric(ShardedTask task) => Bleu.Signature(1);

    /// <summary>Every reply is an answer.</summary>
    public Verdict Judge(ShardedTask task, string reply)
    {
        double score = Bleu.Score(reply, [RightAnswer(task)]) / 100;
        return reply.Trim().Length == 0
            ? Verdict.NoAnswer(reply)
            : new Verdict(ReplyKind.AnswerAttempt, Math.Min(score, 1), score, reply.Trim());
    }

    /// <inheritdoc/>
    public string RightAnswer(ShardedTask task) => TaskField.Text(task, "document_en");

    /// <summary>The document as it was.</summary>
    public string WrongAnswer(ShardedTask task) => TaskField.Text(task, "document_de");

    /// <inheritdoc/>
    public string? WhyUnscorable(ShardedTask task) => RightAnswer(task).Length == 0 ? "its translation is empty" : null;
}
