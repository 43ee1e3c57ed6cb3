namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>The reply's last line, blanks normalised, is the gold answer.</summary>
public sealed class ExactVerifier : IVerifier
{
    /// <inheritdoc/>
    public string Metric(ShardedTask task) => "accuracy";

    /// <summary>An answer opens like the gold one, has as many words, and leaves none of them open (<c>?</c>).</summary>
    public Verdict Judge(ShardedTask task, string reply)
    {
        string gold = RightAnswer(task);
        string line = Normal(LastLine(reply));
        bool isCorrect = line == gold;
        string[] wanted = gold.Split(' ');
        string[] said = line.Split(' ');
        return isCorrect || (said.Length == wanted.Length && said[0] == wanted[0] && !said.Contains("?"))
            ? Verdict.Of(line, isCorrect, isCorrect)
            : Verdict.NoAnswer(reply);
    }

    /// <inheritdoc/>
    public string? WhyUnscorable(ShardedTask task) =>
        RightAnswer(task).Length == 0 ? throw TaskField.Wrong(task, "answer", "is missing or empty") : null;

    /// <inheritdoc/>
    public string RightAnswer(ShardedTask task) => Normal(task.Answer ?? "");

    /// <summary>The task's own <c>wrong_answer</c>, or the gold answer's words in reverse.</summary>
    public string WrongAnswer(ShardedTask task) =>
        task.Json.Get("wrong_answer")?.ToString() ?? string.Join(' ', RightAnswer(task).Split(' ').Reverse());

    private static string LastLine(string text) => text.TrimEnd().Split('\n')[^1];

    private static string Normal(string text) =>
        string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
}
