namespace MultiTurnTrainer.Cli.Progress;

/// <summary>Training as lines for a log: the first and the last step, and one line every half minute between them.</summary>
internal sealed class PlainTrainingLog(TextWriter writer, TimeProvider time) : ITrainingObserver
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(30);

    private RunSummary? _run;
    private long _lastLine;
    private long _start;

    public void Started(RunSummary run)
    {
        _run = run;
        _start = time.GetTimestamp();
        foreach (string line in TrainingText.Head(run))
        {
            writer.WriteLine(line);
        }
    }

    public void Stepped(StepMetrics metrics)
    {
        bool due = time.GetElapsedTime(_lastLine) >= _interval || _lastLine == 0;
        if (!due && metrics.Step != _run!.TotalSteps)
        {
            return;
        }

        _lastLine = time.GetTimestamp();
        writer.WriteLine(TrainingText.Step(_run!, metrics, time.GetElapsedTime(_start)));
    }

    public void Evaluated(EvaluationMetrics metrics) => writer.WriteLine(TrainingText.Evaluation(metrics));

    public void Saved(int step, string folder) => writer.WriteLine(Printable.Of($"saved step {step}: {folder}"));

    public void StoppedMidStep(int step, string? folder)
    {
        writer.WriteLine(TrainingText.StoppedMidStep(step, folder));
        ProcessEnd.Now(ExitCode.Stopped);
    }

    public void ProcessLost(MttException? problem) => End(problem);

    /// <summary>Ends this process because another of the run has ended.</summary>
    public static void End(MttException? problem)
    {
        if (problem is not null)
        {
            ErrorReport.Write(problem, verbose: false);
        }

        ProcessEnd.Now(problem is null ? ExitCode.Stopped : ExitCode.Failed);
    }

    public void Warned(string message) => writer.WriteLine(Printable.Of($"warning: {message}"));
}
