// Folder Sweeps: which runs a sweep has, rung by rung, and which of them belong to a task of an array.
// Refuses to know: how a run is trained.

namespace MultiTurnTrainer.Runs.Sweeps;

/// <summary>Settings that belong together: a point of the grid, or a draw.</summary>
/// <param name="Values">By dotted name, as YAML.</param>
public sealed record Configuration(IReadOnlyDictionary<string, string> Values);

/// <summary>One run of a sweep: a configuration with a seed and, in a rung of halving, its steps.</summary>
/// <param name="Name">Says what is special about it; also the name of its folder.</param>
/// <param name="Configuration">Its configuration's number.</param>
/// <param name="Settings">Everything that it sets, as YAML.</param>
public sealed record Trial(string Name, int Configuration, IReadOnlyDictionary<string, string> Settings);

/// <summary>The runs of a sweep. The same file gives the same runs on every machine.</summary>
/// <param name="Settings">The file.</param>
/// <param name="Configurations">All configurations.</param>
/// <param name="Steps">The steps of each rung of halving; one entry that is null where there are no rungs.</param>
public sealed record SweepPlan(
    SweepSettings Settings,
    IReadOnlyList<Configuration> Configurations,
    IReadOnlyList<int?> Steps
)
{
    /// <summary>Draws the configurations.</summary>
    /// <exception cref="MttException">The file cannot be meant.</exception>
    public static SweepPlan Of(SweepSettings settings)
    {
        if (settings.Parameters.Count == 0)
        {
            throw new MttException(
                "the sweep varies nothing",
                "Name settings with their values, such as parameters: {train.learning_rate: [1e-4, 3e-4]}."
            );
        }

        string?[] own =
        [
            settings.Seeds.Count > 0 ? "train.seed" : null,
            settings.Method == SweepMethod.Halving ? "train.max_steps" : null,
        ];
        if (own.FirstOrDefault(name => name is not null && settings.Parameters.ContainsKey(name)) is { } twice)
        {
            throw new MttException(
                $"parameters has {twice}, which the sweep sets itself",
                "Leave it out: seeds and the steps of halving are varied by seeds, min_steps and max_steps."
            );
        }

        Parameter[] parameters = [.. settings.Parameters.Select(pair => Parameter.Of(pair.Key, pair.Value))];
        bool everyOne =
            settings.Method == SweepMethod.Grid || (settings is { Method: SweepMethod.Halving, Trials: null });
        return new SweepPlan(
            settings,
            everyOne ? Grid(parameters) : Draw(parameters, settings),
            settings.Method == SweepMethod.Halving ? Rungs(settings) : [null]
        );
    }

    /// <summary>The runs of a rung.</summary>
    /// <param name="rung">From 0.</param>
    /// <param name="kept">The configurations that are still in it.</param>
    public IReadOnlyList<Trial> Trials(int rung, IEnumerable<int> kept)
    {
        int?[] seeds = Settings.Seeds.Count == 0 ? [null] : [.. Settings.Seeds.Select(seed => (int?)seed)];
        return [.. from number in kept from seed in seeds select Trial(number, seed, Steps[rung])];
    }

    /// <summary>How many configurations go on after a rung of so many.</summary>
    public int Survivors(int configurations) => (configurations + Settings.Factor - 1) / Settings.Factor;

    private Trial Trial(int number, int? seed, int? steps)
    {
        Dictionary<string, string> settings = new(Configurations[number].Values);
        if (steps is { } budget)
        {
            settings["train.max_steps"] = Invariant($"{budget}");
        }

        if (seed is { } own)
        {
            settings["train.seed"] = Invariant($"{own}");
        }

        return new Trial(TrialName.Of(settings), number, settings);
    }

    private static List<Configuration> Grid(Parameter[] parameters)
    {
        IEnumerable<Dictionary<string, string>> points =
        [
            [],
        ];
        foreach (Parameter parameter in parameters)
        {
            points = points.SelectMany(point =>
                parameter.Choices.Select(value => new Dictionary<string, string>(point) { [parameter.Key] = value })
            );
        }

        return [.. points.DistinctBy(Text).Select(point => new Configuration(point))];
    }

    private static List<Configuration> Draw(Parameter[] parameters, SweepSettings settings)
    {
        int wanted =
            settings.Trials
            ?? throw new MttException("a random sweep needs trials", "Say how many configurations: trials: 20.");
        SeededRandom random = new(settings.Seed);
        HashSet<string> drawn = [];
        List<Configuration> configurations = [];
        // Lists may have fewer combinations than are asked for.
        for (int draw = 0; draw < wanted * 100 && configurations.Count < wanted; draw++)
        {
            Dictionary<string, string> point = parameters.ToDictionary(one => one.Key, one => one.Draw(random));
            if (drawn.Add(Text(point)))
            {
                configurations.Add(new Configuration(point));
            }
        }

        return configurations;
    }

    private static string Text(Dictionary<string, string> point) => string.Join('\n', point.Values);

    private static int?[] Rungs(SweepSettings settings)
    {
        if (settings is not { MinSteps: { } least, MaxSteps: { } most } || most < least)
        {
            throw new MttException(
                "halving needs min_steps and max_steps, the steps of its first and its last rung",
                "Such as min_steps: 50 and max_steps: 450, which with factor 3 are rungs of 50, 150 and 450 steps."
            );
        }

        List<int?> rungs = [];
        for (long steps = least; steps < most; steps *= settings.Factor)
        {
            rungs.Add((int)steps);
        }

        return [.. rungs, most];
    }
}
