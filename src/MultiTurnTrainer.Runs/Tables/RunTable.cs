namespace MultiTurnTrainer.Runs.Tables;

/// <summary>Runs as one table: a row a configuration, its seeds a column, its numbers means over them.</summary>
public static partial class RunTable
{
    /// <summary>The column of names.</summary>
    public const string NameColumn = "run";

    private const string SeedColumn = "seeds";
    private const string StateColumn = "state";
    private const string PolicyColumn = "policy";

    /// <summary>The table: names, settings that differ, seeds, numbers.</summary>
    /// <param name="runs">The runs; an evaluation is laid beside the run of its name.</param>
    public static ReportTable Of(IReadOnlyList<RunFacts> runs)
    {
        IReadOnlyList<RunFacts>[] groups = [.. Groups(Joined(runs))];
        string[] settings = Differing([.. groups.Select(group => group[0])]);
        string[] measures = [.. groups.SelectMany(group => group).SelectMany(Names).Distinct()];
        bool hasStates = runs.Any(run => !run.IsFinished);
        bool hasPolicies = runs.Any(run => run.Policy is not null);
        return new ReportTable(
            "",
            [
                NameColumn,
                .. settings,
                SeedColumn,
                .. hasStates ? [StateColumn] : Array.Empty<string>(),
                .. measures,
                .. hasPolicies ? [PolicyColumn] : Array.Empty<string>(),
            ],
            [
                .. groups.Select(group =>
                    (TableCell[])
                        [
                            NameOf(group),
                            .. settings.Select(name => Setting(group[0].Settings.GetValueOrDefault(name))),
                            string.Join(", ", group.Select(run => run.Seed).OfType<int>().Order()),
                            .. hasStates ? [States(group)] : Array.Empty<TableCell>(),
                            .. measures.Select(name => Number(group, name)),
                            .. hasPolicies ? [group[0].Policy ?? "none"] : Array.Empty<TableCell>(),
                        ]
                ),
            ]
        );
    }

    /// <summary>A run with the numbers of its evaluation.</summary>
    public static RunFacts Join(RunFacts run, RunFacts evaluation) =>
        run with
        {
            Measures = [.. evaluation.Measures, .. run.Measures],
            Policy = run.Policy ?? evaluation.Policy,
        };

    private static IEnumerable<string> Names(RunFacts run) => run.Measures.Select(measure => measure.Name);

    // An evaluation is named after the adapter's folder, where nobody named it otherwise.
    private static List<RunFacts> Joined(IReadOnlyList<RunFacts> runs)
    {
        List<RunFacts> joined = [.. runs.Where(run => run.Folder is not null)];
        foreach (RunFacts evaluation in runs.Where(run => run.Folder is null))
        {
            int at = joined.FindIndex(run => run.Folder is not null && run.Name == evaluation.Name);
            if (at < 0)
            {
                joined.Add(evaluation);
            }
            else
            {
                joined[at] = Join(joined[at], evaluation);
            }
        }

        return joined;
    }

    /// <summary>Runs that differ in nothing but their seed. A seed that comes twice begins a row of its own: it is no further evidence.</summary>
    private static IEnumerable<IReadOnlyList<RunFacts>> Groups(List<RunFacts> runs)
    {
        Dictionary<(string Key, int Seed), int> seen = [];
        return runs.GroupBy(run =>
            {
                string key = string.Join(
                    '\n',
                    run.Settings.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                        .Select(pair => $"{pair.Key}={pair.Value}")
                        .Append($"policy={run.Policy}")
                        .Append(run.Settings.Count == 0 ? run.Name : "")
                );
                int times = run.Seed is { } seed ? seen[(key, seed)] = seen.GetValueOrDefault((key, seed)) + 1 : 1;
                return (key, times);
            })
            .Select(group => (IReadOnlyList<RunFacts>)[.. group.OrderBy(run => run.Seed)]);
    }

    private static string[] Differing(RunFacts[] rows) =>
        [
            .. rows.SelectMany(row => row.Settings.Keys)
                .Distinct()
                .Where(name => rows.Select(row => row.Settings.GetValueOrDefault(name)).Distinct().Count() > 1),
        ];

    private static string NameOf(IReadOnlyList<RunFacts> group) =>
        group.Count == 1 ? group[0].Name : SeedInName().Replace(group[0].Name, "").Trim(',', '-', '_', ' ');

    private static TableCell Setting(string? value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? new TableCell(value, number)
            : value ?? "";

    private static TableCell States(IReadOnlyList<RunFacts> group) =>
        string.Join(
            ", ",
            group
                .GroupBy(run => run.State)
                .Select(state => group.Count == 1 ? state.Key : Invariant($"{state.Count()} {state.Key}"))
        );

    private static TableCell Number(IReadOnlyList<RunFacts> group, string measure)
    {
        double[] values = [.. group.Select(run => run.Get(measure)).OfType<double>()];
        if (values.Length == 0)
        {
            return "";
        }

        SeedMean mean = SeedMean.Of(values);
        // What some seeds lack says how many it is a mean of.
        string of = values.Length < group.Count ? Invariant($" (n={values.Length})") : "";
        return new TableCell(
            mean.HalfWidth is { } half ? $"{Short(mean.Mean)} ± {Short(half)}{of}" : $"{Short(mean.Mean)}{of}",
            mean.Mean,
            mean.HalfWidth
        );
    }

    private static string Short(double value) =>
        Math.Abs(value) >= 1000 ? Invariant($"{value:N0}") : Invariant($"{value:G4}");

    [GeneratedRegex(@"(?:^|[,_-])seed[=_-]?\d+$")]
    private static partial Regex SeedInName();
}
