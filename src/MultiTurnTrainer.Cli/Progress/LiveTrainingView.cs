using Spectre.Console;
using Spectre.Console.Rendering;

namespace MultiTurnTrainer.Cli.Progress;

/// <summary>Training in a terminal: a few lines that change in place, drawn on stderr.</summary>
internal sealed class LiveTrainingView : ITrainingObserver
{
    private const string Bars = "▁▂▃▄▅▆▇█";
    private const int Widest = 48;
    private static readonly TimeSpan _frame = TimeSpan.FromMilliseconds(100);

    private readonly LiveDisplayContext _live;
    private readonly IAnsiConsole _console;
    private readonly TimeProvider _time;
    private readonly List<double> _losses = [];
    private RunSummary? _run;
    private EvaluationMetrics? _evaluation;
    private string _note = "";
    private long _start;
    private long _drawn;

    private LiveTrainingView(IAnsiConsole console, LiveDisplayContext live, TimeProvider time) =>
        (_console, _live, _time) = (console, live, time);

    private int Width => Math.Clamp(_console.Profile.Width - 1, 8, Widest);

    /// <summary>Runs training under a live view.</summary>
    public static TrainOutcome Run(TimeProvider time, Func<ITrainingObserver, TrainOutcome> train)
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(CleanWriter.Error) }
        );
        return console
            .Live(new Text("loading the model …"))
            .Start(live => train(new LiveTrainingView(console, live, time)));
    }

    public void Started(RunSummary run)
    {
        _run = run;
        _start = _time.GetTimestamp();
        _live.UpdateTarget(new Rows(TrainingText.Head(run).Select(line => new Text(line))));
    }

    public void Stepped(StepMetrics metrics)
    {
        _losses.Add(metrics.SmoothedLoss);
        if (_time.GetElapsedTime(_drawn) < _frame && metrics.Step != _run!.TotalSteps)
        {
            return;
        }

        _drawn = _time.GetTimestamp();
        _live.UpdateTarget(Draw(metrics));
    }

    public void Evaluated(EvaluationMetrics metrics) => _evaluation = metrics;

    public void Saved(int step, string folder) => _note = Invariant($"saved step {step}");

    public void StoppedMidStep(int step, string? folder)
    {
        _console.WriteLine(TrainingText.StoppedMidStep(step, folder));
        ProcessEnd.Now(ExitCode.Stopped);
    }

    public void Warned(string message) => _note = $"warning: {message}";

    private Rows Draw(StepMetrics m)
    {
        RunSummary run = _run!;
        double share = m.Step / (double)run.TotalSteps;
        int filled = (int)(share * Width);
        TimeSpan elapsed = _time.GetElapsedTime(_start);
        TimeSpan left = TimeSpan.FromSeconds(
            elapsed.TotalSeconds / (m.Step - run.FirstStep + 1) * (run.TotalSteps - m.Step)
        );
        Grid grid = new Grid().AddColumns(4);
        Add(grid, "loss", F4(m.Loss), "smoothed", F4(m.SmoothedLoss));
        Add(grid, "grad norm", G3(m.GradNorm), "lr", G3(m.Lr));
        Add(
            grid,
            "tokens/s",
            N0(m.TokensPerSecond),
            "supervised",
            P0(m.SupervisedTokens / (double)Math.Max(1, m.Tokens))
        );
        Add(grid, "head", P0(m.HeadShare), "memory", $"{N0(m.PeakMemoryMb)} MiB");
        if (m.RolloutSeconds > 0)
        {
            Add(
                grid,
                "sampled/s",
                N0(m.RolloutTokens / m.RolloutSeconds),
                "sampling",
                P0(m.RolloutSeconds / m.Seconds)
            );
        }

        List<IRenderable> lines =
        [
            .. TrainingText.Head(run).Select(line => new Text(line, new Style(Color.Grey))),
            new Text($"{new string('━', filled)}{new string('─', Width - filled)}"),
            new Text(
                $"step {m.Step}/{run.TotalSteps}  {TrainingText.Clock(elapsed)} gone, {TrainingText.Clock(left)} left"
            ),
            new Text(Sparkline(), new Style(Color.Aqua)),
            grid,
        ];
        if (_evaluation is not null)
        {
            lines.Add(new Text(TrainingText.Evaluation(_evaluation), new Style(Color.Green)));
        }

        if (_note.Length > 0)
        {
            lines.Add(new Text(_note, new Style(Color.Grey)));
        }

        return new Rows(lines);
    }

    private string Sparkline()
    {
        int count = Math.Min(Width, _losses.Count);
        double[] points =
        [
            .. Enumerable.Range(0, count).Select(i => _losses[(int)((i + 1L) * _losses.Count / count) - 1]),
        ];
        double low = points.Min();
        double range = Math.Max(points.Max() - low, 1e-12);
        return string.Concat(points.Select(value => Bars[(int)Math.Clamp((value - low) / range * 7, 0, 7)]));
    }

    private static void Add(Grid grid, params string[] cells) =>
        grid.AddRow([
            .. cells.Select(
                (cell, i) =>
                    (IRenderable)
                        new Text(cell, i % 2 == 0 ? new Style(Color.Grey) : new Style(decoration: Decoration.Bold))
            ),
        ]);

    private static string F4(double value) => value.ToString("F4", CultureInfo.InvariantCulture);

    private static string G3(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private static string N0(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string P0(double value) => value.ToString("P0", CultureInfo.InvariantCulture);
}
