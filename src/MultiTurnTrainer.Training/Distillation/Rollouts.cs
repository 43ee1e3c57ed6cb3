using MultiTurnTrainer.Datasets.Rollouts;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>Samples replies: whole dialogues side by side, turn by turn, or single answers to full prompts.</summary>
/// <param name="model">The base.</param>
/// <param name="settings">Limits and sampling.</param>
/// <param name="stopTokens">Tokens that end a reply.</param>
/// <param name="maxLength">The most tokens of context and reply together.</param>
internal sealed class Rollouts(
    CausalLM model,
    DistillationSettings settings,
    IReadOnlyCollection<int> stopTokens,
    int maxLength
)
{
    private readonly Generator _generator = new(model);

    /// <summary>Plays every task to its last turn.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="adapter">The student; null for the base.</param>
    /// <param name="seed">Tokens follow from this, the task's place in the list and the turn.</param>
    /// <param name="untilTurn">Turns to play; by default all.</param>
    public IReadOnlyList<Trajectory> Play(
        IReadOnlyList<RolloutTask> tasks,
        Adapter? adapter,
        ulong seed,
        Func<RolloutTask, int>? untilTurn = null
    )
    {
        List<RolledTurn>[] played = [.. tasks.Select(_ => new List<RolledTurn>())];
        int[] open = [.. Enumerable.Range(0, tasks.Count)];
        for (int turn = 1; open.Length > 0; turn++)
        {
            open = [.. open.Where(i => turn <= (untilTurn?.Invoke(tasks[i]) ?? tasks[i].Turns))];
            int[][] contexts = [.. open.Select(i => tasks[i].StudentContext([.. played[i].Select(said => said.Text)]))];
            bool[] fits = [.. contexts.Select(context => context.Length < maxLength)];
            open = [.. open.Where((_, k) => fits[k])];
            contexts = [.. contexts.Where((_, k) => fits[k])];

            // Answers may be longer than middle turns, so each kind is generated with its own limit.
            foreach (bool answer in new[] { false, true })
            {
                int[] chosen = [.. Enumerable.Range(0, open.Length).Where(k => turn == tasks[open[k]].Turns == answer)];
                IReadOnlyList<Completion> replies = Reply(
                    [.. chosen.Select(k => contexts[k])],
                    adapter,
                    answer,
                    Mix(seed, turn)
                );
                for (int c = 0; c < chosen.Length; c++)
                {
                    int i = open[chosen[c]];
                    int[] ids = replies[c].Ids;
                    played[i].Add(new RolledTurn(turn, contexts[chosen[c]], ids, tasks[i].Reply(ids)));
                }
            }
        }

        return [.. tasks.Select((task, i) => new Trajectory(task, played[i]))];
    }

    /// <summary>One answer to each prompt; a prompt that leaves no room gives an empty reply.</summary>
    public IReadOnlyList<int[]> Answer(IReadOnlyList<int[]> prompts, Adapter? adapter, ulong seed) =>
        [.. Reply(prompts, adapter, answer: true, seed).Select(reply => reply.Ids)];

    private IReadOnlyList<Completion> Reply(IReadOnlyList<int[]> prompts, Adapter? adapter, bool answer, ulong seed)
    {
        if (prompts.Count == 0)
        {
            return [];
        }

        int room = maxLength - prompts.Max(prompt => prompt.Length);
        int limit = answer ? settings.MaxNewTokensAnswer : settings.MaxNewTokensMiddle;
        GenerationOptions options = new()
        {
            MaxNewTokens = Math.Max(0, Math.Min(limit, room)),
            Temperature = settings.Temperature,
            TopP = settings.TopP,
            TopK = settings.TopK,
            Seed = seed,
            StopTokens = stopTokens,
            BatchSize = settings.RolloutBatchSize,
        };
        return _generator.Generate(prompts, options, adapter);
    }

    private static ulong Mix(ulong seed, int turn) => (seed ^ (ulong)turn) * 0x9E3779B97F4A7C15;
}
