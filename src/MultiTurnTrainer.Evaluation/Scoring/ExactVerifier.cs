namespace MultiTurnTrainer.Evaluation.Scoring;

/// <summary>The reply's last line, blanks normalised, is the gold answer.</summary>
public sealed class ExactVerifier : IVerifier
{
    /// <inheritdoc/>
    public bool IsCorrect(ShardedTask task, string reply) =>
        task.Answer is { } gold && string.Equals(Normal(gold), Normal(LastLine(reply)), StringComparison.Ordinal);

    /// <summary>The last line opens like the gold answer, has as many words, and leaves none of them open (<c>?</c>).</summary>
    public bool IsAttempt(ShardedTask task, string reply)
    {
        string[] gold = Normal(task.Answer ?? "").Split(' ');
        string[] said = Normal(LastLine(reply)).Split(' ');
        return said.Length == gold.Length && said[0] == gold[0] && !said.Contains("?");
    }

    /// <inheritdoc/>
    public string RightAnswer(ShardedTask task) => Normal(task.Answer ?? "");

    /// <summary>The task's own <c>wrong_answer</c>, or the gold answer's words in reverse.</summary>
    public string WrongAnswer(ShardedTask task) =>
        JsonView.AsText(task.Json, "wrong_answer") ?? string.Join(' ', Normal(task.Answer ?? "").Split(' ').Reverse());

    private static string LastLine(string text) => text.TrimEnd().Split('\n')[^1];

    private static string Normal(string text) =>
        string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
}
