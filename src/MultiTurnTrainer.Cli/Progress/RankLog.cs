namespace MultiTurnTrainer.Cli.Progress;

/// <summary>One of several training processes that is not the first: it says how it ends and leaves the rest to that one.</summary>
internal sealed class RankLog : ITrainingObserver
{
    public void StoppedMidStep(int step, string? folder) => ProcessEnd.Now(ExitCode.Stopped);

    public void ProcessLost(MttException? problem) => PlainTrainingLog.End(problem);
}
