using MultiTurnTrainer.Evaluation.Actions;

namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>
/// Berkeley's function-calling tasks: the reply is the wanted calls. As published, any word beside them and a list that opens on
/// a line of its own are errors; corrected, a reply that cannot be read is cut to its outermost square brackets.
/// </summary>
public sealed class ActionsVerifier : IVerifier
{
    private static readonly string[] _fences = ["```tool_code", "```python", "```json", "```", "`"];

    /// <inheritdoc/>
    public string Metric(ShardedTask task) => "accuracy";

    /// <inheritdoc/>
    public Verdict Judge(ShardedTask task, string reply)
    {
        (FunctionCheck check, IReadOnlyList<WantedCall> wanted) = Read(task);
        IReadOnlyList<PythonCall>? strict = TryRead(Unwrap(reply));
        IReadOnlyList<PythonCall>? calls = strict ?? (Cut(reply) is { } cut ? TryRead(cut) : null);
        return calls is null
            ? Verdict.NoAnswer(reply)
            : Verdict.Of(
                reply.Trim(),
                check.Matches(wanted, calls),
                strict is not null && check.Matches(wanted, strict)
            );
    }

    /// <inheritdoc/>
    public string RightAnswer(ShardedTask task) =>
        $"[{string.Join(", ", Read(task).Wanted.Select(call => call.ToPython()))}]";

    /// <summary>The wanted calls without the last one, or no call.</summary>
    public string WrongAnswer(ShardedTask task) =>
        $"[{string.Join(", ", Read(task).Wanted.SkipLast(1).Select(call => call.ToPython()))}]";

    /// <inheritdoc/>
    public string? WhyUnscorable(ShardedTask task)
    {
        Read(task);
        return null;
    }

    private static (FunctionCheck Check, IReadOnlyList<WantedCall> Wanted) Read(ShardedTask task) =>
        (
            new FunctionCheck(TaskField.Read(task, "function", FunctionDescription.ReadAll)),
            TaskField.Read(task, "reference_answer", WantedCall.ReadAll)
        );

    private static IReadOnlyList<PythonCall>? TryRead(string text)
    {
        try
        {
            return PythonCalls.Read(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    // As the benchmark does: fences, line ends, then any brackets and quotes at the ends.
    private static string Unwrap(string reply)
    {
        string text = reply.Trim();
        foreach (string fence in _fences)
        {
            text = text.StartsWith(fence, StringComparison.Ordinal) ? text[fence.Length..] : text;
        }

        return text.TrimEnd('`')
            .Trim()
            .Replace("\r\n", " ", StringComparison.Ordinal)
            .Replace('\n', ' ')
            .Trim('[', ']', '\'');
    }

    private static string? Cut(string reply)
    {
        int open = reply.IndexOf('[', StringComparison.Ordinal);
        int close = reply.LastIndexOf(']');
        return open >= 0 && close > open ? reply[open..(close + 1)].Trim('[', ']', '\'', ' ', '\n', '\r', '\t') : null;
    }
}
