using MultiTurnTrainer.Evaluation.TextScores;

namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>ToTTo: a sentence about the marked cells of a table; BLEU of the reply against all of <c>references</c>.</summary>
public sealed class DataToTextVerifier : IVerifier
{
    /// <inheritdoc/>
    public string Metric(ShardedTask task) => Bleu.Signature(References(task).Count);

    /// <summary>Every reply that does not ask back is an answer.</summary>
    public Verdict Judge(ShardedTask task, string reply)
    {
        double score = Bleu.Score(reply, References(task)) / 100;
        return reply.Trim().Length == 0 || reply.TrimEnd().EndsWith('?')
            ? Verdict.NoAnswer(reply)
            : new Verdict(ReplyKind.AnswerAttempt, Math.Min(score, 1), score, reply.Trim());
    }

    /// <inheritdoc/>
    public string RightAnswer(ShardedTask task) => References(task)[0];

    /// <summary>The words in reverse.</summary>
    public string WrongAnswer(ShardedTask task) => string.Join(' ', RightAnswer(task).Split(' ').Reverse());

    /// <inheritdoc/>
    public string? WhyUnscorable(ShardedTask task) => References(task)[0].Length == 0 ? "its reference is empty" : null;

    private static IReadOnlyList<string> References(ShardedTask task) =>
        TaskField.Read(
            task,
            "references",
            json =>
                json is List<object?> { Count: > 0 } list && list.TrueForAll(one => one is string)
                    ? list.ConvertAll(one => (string)one!)
                    : throw new FormatException("is missing or no list of texts")
        );
}
