namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>What a reply is, in the classes of "Lost in Conversation" (section 3.3 of the research notes).</summary>
public enum ReplyKind
{
    /// <summary>It commits itself to an answer.</summary>
    AnswerAttempt,

    /// <summary>It asks one thing back.</summary>
    Clarification,

    /// <summary>It asks several things back.</summary>
    Interrogation,

    /// <summary>It talks about the task without an answer.</summary>
    Discussion,

    /// <summary>It names several answers.</summary>
    Hedge,

    /// <summary>It will not answer.</summary>
    Refuse,

    /// <summary>It is empty.</summary>
    Missing,
}

/// <summary>How a reply was judged.</summary>
/// <param name="Kind">What the reply is.</param>
/// <param name="Score">0 to 1, by the scorer whose known faults are corrected.</param>
/// <param name="Published">0 to 1, by the benchmark's own rules, faults included.</param>
/// <param name="Answer">What was taken for the answer; null where nothing was.</param>
public sealed record Verdict(ReplyKind Kind, double Score, double Published, string? Answer)
{
    // A perfect translation scores 100.00000000000004 in floating point.
    internal const double Whole = 1 - 1e-6;

    /// <summary>Whether the answer is right.</summary>
    public bool IsCorrect => Score >= Whole;

    /// <summary>Whether the benchmark calls it right: a score of exactly 1.</summary>
    public bool IsCorrectAsPublished => Published == 1;

    /// <summary>Whether it commits itself to an answer, right or wrong.</summary>
    public bool IsAttempt => Kind == ReplyKind.AnswerAttempt;

    /// <summary>An answer that is right or wrong.</summary>
    public static Verdict Of(string answer, bool isCorrect, bool isCorrectAsPublished) =>
        new(ReplyKind.AnswerAttempt, isCorrect ? 1 : 0, isCorrectAsPublished ? 1 : 0, answer);

    /// <summary>A reply without an answer.</summary>
    /// <param name="reply">The reply: what ends with a question mark asks back.</param>
    public static Verdict NoAnswer(string reply)
    {
        string text = reply.Trim();
        ReplyKind kind =
            text.Length == 0 ? ReplyKind.Missing
            : !text.EndsWith('?') ? ReplyKind.Discussion
            : text.Count(letter => letter == '?') > 1 ? ReplyKind.Interrogation
            : ReplyKind.Clarification;
        return new Verdict(kind, 0, 0, null);
    }
}
