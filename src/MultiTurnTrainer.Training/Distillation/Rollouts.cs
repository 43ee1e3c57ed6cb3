using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>Samples replies: whole dialogues side by side, turn by turn, or single answers to full prompts.</summary>
/// <param name="model">The base.</param>
/// <param name="data">Limits, sampling, stop tokens, and the server where one samples.</param>
/// <param name="maxLength">The most tokens of context and reply together.</param>
/// <param name="adapters">The folder through which a server gets the student's weights.</param>
internal sealed class Rollouts(CausalLM model, DistillationData data, int maxLength, string adapters)
{
    // Of keys and values between the turns of the dialogues that are played side by side.
    private const long CacheBytes = 1L << 30;

    private readonly DistillationSettings _settings = data.Settings;
    private readonly Generator _generator = new(model);
    private bool _stale = true;
    private int _version;
    private long _tokens;
    private long _ticks;

    /// <summary>To be called when the student has changed: what a server holds is out of date.</summary>
    public void MarkStale() => _stale = true;

    /// <summary>What was sampled since the last call.</summary>
    public RolloutEffort TakeEffort()
    {
        RolloutEffort effort = new(_tokens, Stopwatch.GetElapsedTime(0, _ticks).TotalSeconds);
        (_tokens, _ticks) = (0, 0);
        return effort;
    }

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
        using PromptCache cache = new(CacheBytes);
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
                IReadOnlyList<int[]> replies = Reply(
                    [.. chosen.Select(k => contexts[k])],
                    adapter,
                    answer,
                    MixSeed(seed, turn),
                    cache,
                    [.. chosen.Select(k => Invariant($"{open[k]}"))]
                );
                for (int c = 0; c < chosen.Length; c++)
                {
                    int i = open[chosen[c]];
                    played[i].Add(new RolledTurn(turn, contexts[chosen[c]], replies[c], tasks[i].Reply(replies[c])));
                }
            }
        }

        return [.. tasks.Select((task, i) => new Trajectory(task, played[i]))];
    }

    /// <summary>One answer to each prompt; a prompt that leaves no room gives an empty reply.</summary>
    public IReadOnlyList<int[]> Answer(IReadOnlyList<int[]> prompts, Adapter? adapter, ulong seed) =>
        Reply(prompts, adapter, answer: true, seed);

    private IReadOnlyList<int[]> Reply(
        IReadOnlyList<int[]> prompts,
        Adapter? adapter,
        bool answer,
        ulong seed,
        PromptCache? cache = null,
        IReadOnlyList<string>? keys = null
    )
    {
        GenerationOptions options = new()
        {
            MaxNewTokens = answer ? _settings.MaxNewTokensAnswer : _settings.MaxNewTokensMiddle,
            MaxLength = maxLength,
            Temperature = _settings.Temperature,
            TopP = _settings.TopP,
            TopK = _settings.TopK,
            Seed = seed,
            StopTokens = data.StopTokens,
            BatchSize = _settings.RolloutBatchSize,
        };
        long begin = Stopwatch.GetTimestamp();
        IReadOnlyList<int[]> replies = Sample(prompts, options, adapter, cache, keys);
        _ticks += Stopwatch.GetTimestamp() - begin;
        _tokens += replies.Sum(reply => reply.Length);
        return replies;
    }

    private IReadOnlyList<int[]> Sample(
        IReadOnlyList<int[]> prompts,
        GenerationOptions options,
        Adapter? adapter,
        PromptCache? cache,
        IReadOnlyList<string>? keys
    )
    {
        if (prompts.Count == 0 || data.Server is null)
        {
            IReadOnlyList<Completion> replies = _generator.Generate(
                prompts,
                options,
                adapter,
                cache: cache,
                keys: keys
            );
            return [.. replies.Select(reply => reply.Ids)];
        }

        SendAdapter(data.Server, adapter);
        return data.Server.Generate(prompts, options);
    }

    private void SendAdapter(IRolloutServer server, Adapter? adapter)
    {
        if (adapter is not LoraAdapter student)
        {
            server.Use(null);
            _stale = true;
        }
        else if (_stale)
        {
            // Two folders in turn: the server may still read the one before.
            string folder = Path.Combine(adapters, Invariant($"{_version++ % 2}"));
            Directory.CreateDirectory(folder);
            student.Save(model, folder, force: true);
            server.Use(folder);
            _stale = false;
        }
    }

    // 2⁶⁴ over the golden ratio: SplitMix64's step, which spreads neighbouring seeds.
    private static ulong MixSeed(ulong seed, int turn) => (seed ^ (ulong)turn) * 0x9E3779B97F4A7C15;
}
