// Folder Comparison: sets evaluations of several models and seeds beside each other.
// Refuses to know: how dialogues were played.
using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Evaluation.Simulation;

namespace MultiTurnTrainer.Evaluation.Comparison;

/// <summary>
/// Methods beside each other: means over seeds and tasks with their intervals, and the differences from the first method, paired by
/// seed and task. Runs of one task are averaged first; they are no further evidence.
/// </summary>
/// <param name="Methods">The names, the first of them what the others are compared with.</param>
/// <param name="Modes">The modes' names.</param>
/// <param name="Seeds">Every seed.</param>
/// <param name="Cells">Each method in each mode it was played in.</param>
/// <param name="Kept">SHARDED over FULL, of the methods that have both.</param>
public sealed record MethodComparison(
    IReadOnlyList<string> Methods,
    IReadOnlyList<string> Modes,
    IReadOnlyList<int> Seeds,
    IReadOnlyList<ComparedCell> Cells,
    IReadOnlyList<KeptShare> Kept
)
{
    private static readonly string _full = new SimulationChoice(SimulationMode.Full).Name;
    private static readonly string _sharded = new SimulationChoice(SimulationMode.Sharded).Name;

    // In these every reply but the last answers to something wrong.
    private static readonly HashSet<string> _lastCounts =
    [
        .. new SimulationChoice[]
        {
            SimulationMode.Refine,
            SimulationMode.WrongHintAssistant,
            SimulationMode.WrongHintUser,
            SimulationMode.ContradictedRightly,
            SimulationMode.ContradictedWrongly,
        }.Select(choice => choice.Name),
    ];

    /// <summary>Compares.</summary>
    /// <param name="files">Evaluations; several files of one name and seed hold different modes.</param>
    /// <exception cref="MttException">One mode of one name and seed twice, or evaluations of one seed over different tasks.</exception>
    public static MethodComparison Of(IReadOnlyList<EvaluationFile> files)
    {
        Dictionary<(string Method, int Seed, string Mode), ILookup<string, PlayedDialogue>> played = [];
        foreach (EvaluationFile file in files)
        {
            foreach (IGrouping<string, PlayedDialogue> mode in file.Dialogues.GroupBy(dialogue => dialogue.ConvType))
            {
                if (!played.TryAdd((file.Name, file.Seed, mode.Key), mode.ToLookup(dialogue => dialogue.TaskId)))
                {
                    throw new MttException(
                        Invariant($"{mode.Key} of '{file.Name}' with seed {file.Seed} is in two files"),
                        "Give each evaluation a --name of its own, or leave one file out."
                    );
                }
            }
        }

        string[] methods = [.. files.Select(file => file.Name).Distinct()];
        string[] modes = [.. played.Keys.Select(key => key.Mode).Distinct()];
        int[] seeds = [.. files.Select(file => file.Seed).Distinct().Order()];
        CheckTasks(played);
        List<ComparedCell> cells = [];
        foreach (string mode in modes)
        {
            BySeed Scores(string method) =>
                new(
                    seeds
                        .Where(seed => played.ContainsKey((method, seed, mode)))
                        .ToDictionary(seed => seed, seed => Score(played[(method, seed, mode)], mode))
                );
            BySeed first = Scores(methods[0]);
            foreach (string method in methods)
            {
                BySeed own = Scores(method);
                if (own.Tasks.Count > 0)
                {
                    IEnumerable<PlayedDialogue> dialogues = own.Tasks.Keys.SelectMany(seed =>
                        played[(method, seed, mode)].SelectMany(task => task)
                    );
                    cells.Add(Describe(method, mode, own, method == methods[0] ? null : first, [.. dialogues]));
                }
            }
        }

        return new MethodComparison(methods, modes, seeds, cells, [.. Keep(methods, seeds, played)]);
    }

    private static void CheckTasks(
        Dictionary<(string Method, int Seed, string Mode), ILookup<string, PlayedDialogue>> played
    )
    {
        foreach (IGrouping<int, (string Method, int Seed, string Mode)> seed in played.Keys.GroupBy(key => key.Seed))
        {
            (string Method, int Seed, string Mode) first = seed.First();
            HashSet<string> tasks = [.. played[first].Select(task => task.Key)];
            foreach ((string Method, int Seed, string Mode) other in seed)
            {
                if (!tasks.SetEquals(played[other].Select(task => task.Key)))
                {
                    throw new MttException(
                        Invariant(
                            $"seed {seed.Key}: '{other.Method}' ({other.Mode}) has other tasks than '{first.Method}' ({first.Mode})"
                        ),
                        "Compare evaluations of the same tasks."
                    );
                }
            }
        }
    }

    /// <summary>Each task's mean over its runs, 0 to 100; a task without a dialogue that counts is left out.</summary>
    private static Dictionary<string, double> Score(ILookup<string, PlayedDialogue> tasks, string mode)
    {
        bool last = _lastCounts.Contains(mode);
        bool contradicted = mode == new SimulationChoice(SimulationMode.ContradictedWrongly).Name;
        return tasks
            .Select(task => (task.Key, Runs: task.Where(run => !contradicted || run.Contradicted).ToArray()))
            .Where(task => task.Runs.Length > 0)
            .ToDictionary(task => task.Key, task => 100 * task.Runs.Average(run => run.Counted(last)));
    }

    private static ComparedCell Describe(
        string method,
        string mode,
        BySeed own,
        BySeed? first,
        PlayedDialogue[] dialogues
    )
    {
        BySeed? difference = first is null ? null : own.Minus(first);
        difference = difference is { Tasks.Count: > 0 } ? difference : null;
        Interval? interval = difference?.Interval();
        return new ComparedCell(
            method,
            mode,
            _lastCounts.Contains(mode) ? "last" : "any",
            own.Mean,
            own.Interval(),
            own.Tasks.ToDictionary(
                seed => Invariant($"{seed.Key}"),
                seed => seed.Value.Values.DefaultIfEmpty().Average()
            ),
            difference?.Mean,
            interval,
            interval?.ExcludesZero ?? false,
            dialogues.Average(dialogue => dialogue.FirstAttempt),
            dialogues.Average(dialogue => dialogue.Attempts),
            dialogues.Average(dialogue => dialogue.Tokens),
            dialogues.Average(dialogue => dialogue.CopiedShare),
            dialogues.Where(dialogue => dialogue.Contradicted).Average(dialogue => dialogue.RecoveryTurn),
            own.Tasks.Sum(seed => seed.Value.Count)
        );
    }

    private static IEnumerable<KeptShare> Keep(
        string[] methods,
        int[] seeds,
        Dictionary<(string Method, int Seed, string Mode), ILookup<string, PlayedDialogue>> played
    )
    {
        foreach (string method in methods)
        {
            int[] both =
            [
                .. seeds.Where(seed =>
                    played.ContainsKey((method, seed, _full)) && played.ContainsKey((method, seed, _sharded))
                ),
            ];
            List<IReadOnlyList<double>> sharded = [];
            List<IReadOnlyList<double>> full = [];
            foreach (int seed in both)
            {
                Dictionary<string, double> whole = Score(played[(method, seed, _full)], _full);
                Dictionary<string, double> parts = Score(played[(method, seed, _sharded)], _sharded);
                full.Add([.. whole.Values]);
                sharded.Add([.. whole.Keys.Select(task => parts[task])]);
            }

            if (full.Sum(seed => seed.Sum()) > 0)
            {
                yield return new KeptShare(
                    method,
                    sharded.Sum(seed => seed.Sum()) / full.Sum(seed => seed.Sum()),
                    Bootstrap.OfSeeds(sharded, full)
                );
            }
        }
    }

    /// <summary>One value a task, by seed.</summary>
    private sealed record BySeed(IReadOnlyDictionary<int, Dictionary<string, double>> Tasks)
    {
        public double Mean => Tasks.Values.SelectMany(seed => seed.Values).DefaultIfEmpty().Average();

        public Interval Interval() => Bootstrap.OfSeeds([.. Tasks.Values.Select(seed => seed.Values.ToArray())]);

        public BySeed Minus(BySeed other) =>
            new(
                Tasks
                    .Where(seed => other.Tasks.ContainsKey(seed.Key))
                    .Select(seed =>
                        (
                            seed.Key,
                            Values: seed.Value.Where(task => other.Tasks[seed.Key].ContainsKey(task.Key))
                                .ToDictionary(task => task.Key, task => task.Value - other.Tasks[seed.Key][task.Key])
                        )
                    )
                    .Where(seed => seed.Values.Count > 0)
                    .ToDictionary(seed => seed.Key, seed => seed.Values)
            );
    }
}
