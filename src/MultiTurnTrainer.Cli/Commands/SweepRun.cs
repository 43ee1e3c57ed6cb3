using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>
/// <c>mtt train --sweep</c>: the runs of a sweep, one after the other, or those of one task of an array. A run that is finished is not
/// trained again; one that was interrupted goes on.
/// </summary>
/// <param name="options">The flags of <c>mtt train</c>.</param>
/// <param name="parsed">The command line.</param>
/// <param name="train">Trains one run and gives its exit code.</param>
internal sealed class SweepRun(TrainOptions options, ParseResult parsed, Func<TrainRequest, int> train)
{
    private readonly string _folder = options.OutputOf(parsed);
    private readonly SweepPlan _plan = SweepFile.Read(options.SweepOf(parsed)!);
    private readonly Shard _share = ArrayShare();
    private readonly StepBook _book = new(options.OutputOf(parsed), VersionText.Own);

    /// <summary>Runs every rung, or as much of it as is this task's.</summary>
    public int Execute()
    {
        // Tasks of an array share the folder, and each run is one task's own.
        using OutputLock? held = _share.Count > 1 ? null : OutputLock.TakeFolder(_folder);
        IReadOnlyList<string> inputs = options.InputsOf(parsed);
        IReadOnlyList<int> kept = [.. Enumerable.Range(0, _plan.Configurations.Count)];
        List<RunFacts> all = [];
        for (int rung = 0; rung < _plan.Steps.Count; rung++)
        {
            IReadOnlyList<Trial> trials = _plan.Trials(rung, kept);
            RunStep[] steps = [.. trials.Select(trial => Step(trial, inputs))];
            Console.Error.WriteLine(Title(rung, kept.Count, steps.Length));
            WritePlan();
            int code = TrainOwn(trials, steps);
            if (code != ExitCode.Done)
            {
                return code;
            }

            int others = steps.Count(step => !IsFresh(step));
            if (others > 0)
            {
                Console.Error.WriteLine(
                    $"{Counted.Of(others, "run of another task is", "runs of other tasks are")} not finished; whoever finishes the last one goes on"
                );
                return ExitCode.Done;
            }

            RunFacts[] runs = [.. steps.SelectMany(step => RunReader.Read(step.Folder))];
            all.AddRange(runs);
            kept = Best(kept, trials, runs);
        }

        ReportTable table = RunTables.Sorted(RunTable.Of(all), all, _plan.Settings.Metric);
        Console.Out.Write(table.ToText());
        RunTables.Write(Path.Combine(_folder, "report.html"), _folder, table, all, force: true);
        return ExitCode.Done;
    }

    // Every n-th run, so that an array of as many tasks as runs has one each.
    private int TrainOwn(IReadOnlyList<Trial> trials, RunStep[] steps)
    {
        for (int i = _share.Index; i < steps.Length; i += _share.Count)
        {
            if (IsFresh(steps[i]))
            {
                Console.Error.WriteLine(Printable.Of($"fresh      {steps[i].Name}"));
                continue;
            }

            Console.Error.WriteLine(Printable.Of($"\nrun        {steps[i].Name}"));
            int code = TrainOne(trials[i], steps[i]);
            if (code != ExitCode.Done)
            {
                return code;
            }
        }

        return ExitCode.Done;
    }

    private int TrainOne(Trial trial, RunStep step)
    {
        bool resumes = _book.Begin(step, options.ForceOf(parsed));
        SettingsFile settings = options.LoadSettings(parsed, trial.Settings);
        TrainRequest request = options.ReadTrial(parsed, settings, step.Folder) with
        {
            Resume = resumes ? "auto" : null,
            Force = !resumes,
        };
        using IDisposable? server = request.Distillation?.Server;
        int code = train(request);
        // A run that diverged is a result too; one that was asked to stop goes on later.
        if (StopRequest.Token.IsCancellationRequested && code > ExitCode.Findings)
        {
            return code;
        }

        _book.Finish(step);
        return ExitCode.Done;
    }

    private bool IsFresh(RunStep step) => _book.Judge(step).State == StepState.Fresh;

    private RunStep Step(Trial trial, IReadOnlyList<string> inputs) =>
        new(trial.Name, Path.Combine(_folder, trial.Name))
        {
            Settings = options.PartsOf(parsed, options.LoadSettings(parsed, trial.Settings)),
            Inputs = inputs,
        };

    private string Title(int rung, int configurations, int runs)
    {
        string steps = _plan.Steps[rung] is { } budget
            ? $", rung {rung + 1} of {_plan.Steps.Count}: {Counted.Of(budget, "step")} each"
            : "";
        string share = _share.Count > 1 ? $"; task {_share.Index + 1} of {_share.Count}" : "";
        return $"sweep      {Counted.Of(configurations, "configuration")}, {Counted.Of(runs, "run")}{steps}{share}";
    }

    /// <summary>The configurations that go on: the best by the mean over their seeds.</summary>
    private IReadOnlyList<int> Best(IReadOnlyList<int> kept, IReadOnlyList<Trial> trials, RunFacts[] runs)
    {
        string metric = _plan.Settings.Metric ?? RunFacts.Metric(runs);
        if (runs.All(run => run.Get(metric) is null))
        {
            throw new MttException(
                $"no run of the sweep has the metric {metric}",
                $"One of {string.Join(", ", runs.SelectMany(run => run.Measures).Select(one => one.Name).Distinct())}."
            );
        }

        double sign = RunFacts.IsMoreBetter(metric) ? -1 : 1;
        // A run that diverged, or lacks the number, is worse than any with one.
        double Value(RunFacts run) => (run.IsFinished ? sign * run.Get(metric) : null) ?? double.PositiveInfinity;
        ILookup<int, double> values = trials
            .Zip(runs, (trial, run) => (trial.Configuration, Value: Value(run)))
            .ToLookup(pair => pair.Configuration, pair => pair.Value);
        return [.. kept.OrderBy(number => values[number].Average()).Take(_plan.Survivors(kept.Count)).Order()];
    }

    // What is varied, for readers of the folder. Tasks of an array would write the same.
    private void WritePlan()
    {
        using OutputFile? file = OutputFile.TryCreate(Path.Combine(_folder, "sweep.json"), force: true);
        file?.Stream.Write(RecordJson.ToPage(_plan));
        file?.Commit();
    }

    private static Shard ArrayShare() =>
        Environment.GetEnvironmentVariable("SLURM_ARRAY_TASK_ID") is { Length: > 0 }
            ? Shard.Parse("auto", Environment.GetEnvironmentVariable)
            : Shard.Whole;
}
