namespace MultiTurnTrainer.Evaluation.Simulation;

/// <summary>
/// What the user says, turn by turn, in each mode. Shards are revealed verbatim in the stored order (CCOPD's evaluation,
/// methods 4.3): reproducible, no model plays the user, and a dialogue always ends.
/// </summary>
public static class UserScript
{
    internal const string CorrectionPrefix = "Actually, there were multiple errors in the conditions I provided. ";

    internal const string AnswerNow = "Now give the final answer.";

    /// <summary>The dialogue before the model's first reply, and the user turns that follow one at a time.</summary>
    /// <param name="task">The task.</param>
    /// <param name="mode">How to put it.</param>
    /// <param name="wrongAnswer">A wrong answer, for the hint modes.</param>
    public static (IReadOnlyList<ChatTurn> Opening, IReadOnlyList<string> Later) For(
        ShardedTask task,
        SimulationMode mode,
        string wrongAnswer
    )
    {
        List<ChatTurn> opening = [];
        if (task.System is { } system)
        {
            opening.Add(new ChatTurn("system", system));
        }

        (string first, IReadOnlyList<string> later) = mode switch
        {
            SimulationMode.Full or SimulationMode.WrongHintAssistant => (task.Question, []),
            SimulationMode.WrongHintUser => ($"{task.Question}\n(Verified hint: the answer is {wrongAnswer}.)", []),
            SimulationMode.Concat => (Bullets(task.Shards), []),
            SimulationMode.Sharded => (task.Shards[0], [.. task.Shards.Skip(1)]),
            SimulationMode.Recap => (
                task.Shards[0],
                [.. task.Shards.Skip(1), $"Just to recapitulate, the entire task is:\n{Bullets(task.Shards)}"]
            ),
            SimulationMode.Snowball => (task.Shards[0], Snowball(task.Shards)),
            SimulationMode.Refine => Refine(task),
            _ => throw new ArgumentOutOfRangeException(nameof(mode)),
        };
        opening.Add(new ChatTurn("user", first));
        if (mode == SimulationMode.WrongHintAssistant)
        {
            opening.Add(new ChatTurn("assistant", wrongAnswer));
            opening.Add(new ChatTurn("user", AnswerNow));
        }

        return (opening, later);
    }

    internal static string Bullets(IEnumerable<string> shards) =>
        string.Join("\n", shards.Select(shard => $"- {shard}"));

    private static IReadOnlyList<string> Snowball(IReadOnlyList<string> shards) =>
        [
            .. Enumerable
                .Range(1, shards.Count - 1)
                .Select(turn => $"{Bullets(shards.Take(turn))}\nAlso, {shards[turn]}"),
        ];

    // RLSTA tells the first shard and the wrong values; what has no wrong version must be told as well.
    private static (string First, IReadOnlyList<string> Later) Refine(ShardedTask task)
    {
        IEnumerable<string> stated = task.Shards.Select((shard, i) => task.ModifiedShards.GetValueOrDefault(i, shard));
        IEnumerable<string> corrections = task
            .ModifiedShards.Keys.Order()
            .Select(index => $"{CorrectionPrefix}{task.Shards[index]} {AnswerNow}");
        return (string.Join("\n", stated), [.. corrections]);
    }
}
