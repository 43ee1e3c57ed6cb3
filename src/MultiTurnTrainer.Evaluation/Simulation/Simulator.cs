// Folder Simulation: plays the user of a task, turn by turn.
// Refuses to know: how an answer is judged or generated.
using MultiTurnTrainer.Evaluation.Verifiers;

namespace MultiTurnTrainer.Evaluation.Simulation;

/// <summary>
/// Plays all tasks of one mode and one run side by side, turn by turn, so that a local model answers in batches. A
/// dialogue goes on after a correct reply, so that both scores of the record are known.
/// </summary>
public sealed class Simulator(IDialogueModel model, IVerifier verifier)
{
    /// <summary>Runs every task once.</summary>
    /// <param name="tasks">The tasks; a mode that needs what a task lacks is the caller's error.</param>
    /// <param name="choice">How to put them.</param>
    /// <param name="run">The run's number, part of the sampling seed.</param>
    /// <param name="seed">The base seed.</param>
    /// <param name="cancellation">Stops between turns.</param>
    public async Task<IReadOnlyList<Dialogue>> RunAsync(
        IReadOnlyList<ShardedTask> tasks,
        SimulationChoice choice,
        int run,
        int seed,
        CancellationToken cancellation
    )
    {
        List<ChatTurn>[] turns = new List<ChatTurn>[tasks.Count];
        IReadOnlyList<string>[] later = new IReadOnlyList<string>[tasks.Count];
        List<JudgedReply>[] judged = [.. tasks.Select(_ => new List<JudgedReply>())];
        for (int i = 0; i < tasks.Count; i++)
        {
            SeededRandom random = new(seed, ((long)run << 32) + i);
            (IReadOnlyList<ChatTurn> opening, later[i]) = UserScript.For(tasks[i], choice, verifier, random);
            turns[i] = [.. opening];
        }

        int[] open = [.. Enumerable.Range(0, tasks.Count)];
        for (int turn = 0; open.Length > 0; turn++)
        {
            IReadOnlyList<DialogueReply> replies = await model.ReplyAsync(
                [.. open.Select(i => Prompt(turns[i], choice.Mode))],
                unchecked((seed * 1_000_003) + (run * 8191) + turn),
                cancellation
            );
            for (int k = 0; k < open.Length; k++)
            {
                int i = open[k];
                turns[i].Add(new ChatTurn("assistant", replies[k].Text));
                judged[i].Add(Judge(tasks[i], replies[k]));
                if (turn < later[i].Count)
                {
                    turns[i].Add(new ChatTurn("user", later[i][turn]));
                }
            }

            int said = turn;
            open = [.. open.Where(i => said < later[i].Count)];
        }

        return [.. tasks.Select((task, i) => new Dialogue(task, choice, run, turns[i], judged[i]))];
    }

    private JudgedReply Judge(ShardedTask task, DialogueReply reply) =>
        new(reply.Text, reply.Tokens, verifier.Judge(task, reply.Text));

    /// <summary>What the model is shown: everything said, or all but its own replies.</summary>
    private IReadOnlyList<ChatTurn> Prompt(List<ChatTurn> turns, SimulationMode mode)
    {
        if (mode != SimulationMode.Cleaned)
        {
            return turns;
        }

        ChatTurn[] kept = [.. turns.Where(turn => turn.Role != "assistant")];
        return model.TakesConsecutiveUsers
            ? kept
            :
            [
                .. kept.Where(turn => turn.Role != "user"),
                new ChatTurn(
                    "user",
                    string.Join("\n\n", kept.Where(turn => turn.Role == "user").Select(turn => turn.Content))
                ),
            ];
    }
}
