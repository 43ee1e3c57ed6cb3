using MultiTurnTrainer.Evaluation.Verifiers;

namespace MultiTurnTrainer.Evaluation.Simulation;

/// <summary>
/// What the user says, turn by turn, in each mode. Shards are revealed verbatim in the stored order (CCOPD's evaluation,
/// methods 4.3): reproducible, no model plays the user, and a dialogue always ends.
/// </summary>
public static class UserScript
{
    internal const string CorrectionPrefix = "Actually, there were multiple errors in the conditions I provided. ";

    internal const string AnswerNow = "Now give the final answer.";

    internal const string CheckAgain = "Please check once more and give the final answer.";

    /// <summary>The dialogue before the model's first reply, and the user turns that follow one at a time.</summary>
    /// <param name="task">The task.</param>
    /// <param name="choice">How to put it.</param>
    /// <param name="verifier">Knows the right answer and a wrong one, for hints and contradictions.</param>
    /// <param name="random">Chooses the small talk.</param>
    public static (IReadOnlyList<ChatTurn> Opening, IReadOnlyList<string> Later) For(
        ShardedTask task,
        SimulationChoice choice,
        IVerifier verifier,
        SeededRandom random
    )
    {
        List<ChatTurn> opening = [];
        if (TaskPrompts.System(task) is { } system)
        {
            opening.Add(new ChatTurn("system", system));
        }

        (string first, IReadOnlyList<string> later) = choice.Mode switch
        {
            SimulationMode.Full or SimulationMode.WrongHintAssistant => (task.Question, []),
            SimulationMode.WrongHintUser => (
                $"{task.Question}\n(Verified hint: the answer is {verifier.WrongAnswer(task)}.)",
                []
            ),
            SimulationMode.Concat => (Bullets(task.Shards), []),
            SimulationMode.Sharded or SimulationMode.Cleaned => (task.Shards[0], [.. task.Shards.Skip(1)]),
            SimulationMode.Padded => Padded(task.Shards, SmallTalk.Draw(choice.SmallTalk, random)),
            SimulationMode.ContradictedRightly => (task.Question, [CheckAgain, CheckAgain]),
            SimulationMode.ContradictedWrongly => (
                task.Question,
                [Contradict(verifier.WrongAnswer(task)), CheckAgain, CheckAgain]
            ),
            SimulationMode.Recap => (task.Shards[0], [.. task.Shards.Skip(1), Recapitulate(task.Shards)]),
            SimulationMode.Snowball => (task.Shards[0], Snowball(task.Shards)),
            SimulationMode.Refine => Refine(task),
            _ => throw new ArgumentOutOfRangeException(nameof(choice)),
        };
        opening.Add(new ChatTurn("user", first));
        if (choice.Mode is SimulationMode.WrongHintAssistant or SimulationMode.ContradictedRightly)
        {
            opening.Add(new ChatTurn("assistant", verifier.WrongAnswer(task)));
            opening.Add(
                new ChatTurn(
                    "user",
                    choice.Mode == SimulationMode.WrongHintAssistant
                        ? AnswerNow
                        : Contradict(verifier.RightAnswer(task))
                )
            );
        }

        return (opening, later);
    }

    internal static string Bullets(IEnumerable<string> shards) =>
        string.Join("\n", shards.Select(shard => $"- {shard}"));

    internal static string Recapitulate(IEnumerable<string> shards) =>
        $"Just to recapitulate, the entire task is:\n{Bullets(shards)}";

    private static IReadOnlyList<string> Snowball(IReadOnlyList<string> shards) =>
        [
            .. Enumerable
                .Range(1, shards.Count - 1)
                .Select(turn => $"{Bullets(shards.Take(turn))}\nAlso, {shards[turn]}"),
        ];

    private static string Contradict(string answer) => $"No, that is not right. It is: {answer}\n{AnswerNow}";

    // The small talk stands between the shards, as evenly as it goes; the last shard stays last.
    private static (string First, IReadOnlyList<string> Later) Padded(
        IReadOnlyList<string> shards,
        IReadOnlyList<string> talk
    )
    {
        List<string> said = [];
        int gaps = Math.Max(1, shards.Count - 1);
        for (int i = 0; i < gaps; i++)
        {
            said.AddRange(shards.Count > 1 ? [shards[i]] : []);
            said.AddRange(talk.Take((i * talk.Count / gaps)..((i + 1) * talk.Count / gaps)));
        }

        said.Add(shards[^1]);
        return (said[0], [.. said.Skip(1)]);
    }

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
