// Folder Progress: a training run on the screen.
// Refuses to know: how a step is computed.

namespace MultiTurnTrainer.Cli.Progress;

/// <summary>What training says, in words.</summary>
internal static class TrainingText
{
    private const int TurnsShown = 6;

    /// <summary>What the run is about to do.</summary>
    public static IEnumerable<string> Head(RunSummary run)
    {
        yield return Printable.Of(
            $"model      {run.Model}: {run.Parameters:N0} weights, {run.TrainableParameters:N0} trained; {run.Dtype} on {run.Device}"
        );
        yield return Printable.Of($"data       {run.DataText}");
        if (run.RowsWithoutLabels > 0)
        {
            yield return Printable.Of(
                $"           {Counted.Of(run.RowsWithoutLabels, "row has no supervised token and adds nothing", "rows have no supervised token and add nothing")}"
            );
        }

        if (run.EvaluationRows > 0)
        {
            yield return Printable.Of($"evaluation {Counted.Of(run.EvaluationRows, "row")}");
        }

        if (run.Packs > 0)
        {
            yield return Printable.Of(
                $"packing    {Counted.Of(run.Packs, "pack")}, {run.PackingEfficiency:P1} of their places filled"
            );
        }

        yield return run.FirstStep > run.TotalSteps
            ? Printable.Of($"steps      all {run.TotalSteps} are done already")
            : Printable.Of($"steps      {run.FirstStep} to {run.TotalSteps}; recompute {run.Recompute}");
    }

    /// <summary>A step in one line.</summary>
    public static string Step(RunSummary run, StepMetrics m, TimeSpan elapsed)
    {
        int done = m.Step - run.FirstStep + 1;
        TimeSpan left = TimeSpan.FromSeconds(elapsed.TotalSeconds / done * (run.TotalSteps - m.Step));
        return Printable.Of(
            $"step {m.Step}/{run.TotalSteps}  loss {m.Loss:F4}  smoothed {m.SmoothedLoss:F4}  lr {m.Lr:G3}  {m.TokensPerSecond:N0} tokens/s  supervised {m.SupervisedTokens / (double)Math.Max(1, m.Tokens):P0}  left {Clock(left)}"
        );
    }

    /// <summary>An evaluation in one line.</summary>
    public static string Evaluation(EvaluationMetrics m)
    {
        IEnumerable<string> turns = m
            .ByTurn.OrderBy(turn => turn.Key)
            .Take(TurnsShown)
            .Select(turn => Printable.Of($"turn {turn.Key} {turn.Value.Loss:F4}"));
        string parts = string.Join("  ", [.. turns, .. Parts(m.ByRole), .. Parts(m.ByField)]);
        return Printable.Of($"evaluation after step {m.Step}: {Measures(m)}{(m.Best ? " (best)" : "")}  {parts}");
    }

    private static string Measures(EvaluationMetrics m)
    {
        string loss = m.SupervisedTokens > 0 || m.TaskScore is null ? Printable.Of($"loss {m.Loss:F4}") : "";
        return m.TaskScore is { } score ? Printable.Of($"tasks {score:F1}  {loss}").TrimEnd() : loss;
    }

    // One part alone says what the whole says.
    private static IEnumerable<string> Parts(IReadOnlyDictionary<string, LossPart> parts) =>
        parts.Count < 2
            ? []
            : parts
                .OrderBy(part => part.Key, StringComparer.Ordinal)
                .Select(part => Printable.Of($"{part.Key} {part.Value.Loss:F4}"));

    /// <summary>How a run ended.</summary>
    public static string End(TrainOutcome outcome, string output) =>
        outcome.BestLost is { } problem
            ? Printable.Of(
                $"{Ended(outcome, output)}\nwarning: the adapter is that of step {outcome.Step}, not the best: {problem}"
            )
            : Ended(outcome, output);

    private static string Ended(TrainOutcome outcome, string output) =>
        outcome.End switch
        {
            TrainEnd.Finished => Printable.Of(
                $"done: {Counted.Of(outcome.Step, "step")}{Loss(outcome.Last)}; adapter and report in {output}"
            ),
            TrainEnd.StoppedEarly => Printable.Of(
                $"stopped early at step {outcome.Step}: {outcome.Message}; adapter and report in {output}"
            ),
            TrainEnd.Stopped when outcome.Message is not null => Printable.Of($"stopped {outcome.Message}"),
            TrainEnd.Stopped => Printable.Of(
                $"stopped at step {outcome.Step}, the state is saved; go on with --resume"
            ),
            _ => Printable.Of(
                $"stopped before an update that would do harm: {outcome.Message}; the state before it is saved: see to the rows or the rate, or go past a spike with --resume --set train.spike_action=warn"
            ),
        };

    private static string Loss(StepMetrics? last) => last is null ? "" : Printable.Of($", loss {last.Loss:F4}");

    /// <summary>The end of a process that could not wait for its step.</summary>
    public static string StoppedMidStep(int step, string? folder) =>
        folder is null
            ? "stopped before the first step"
            : Printable.Of($"stopped in the middle of a step; saved step {step}: {folder}; go on with --resume");

    public static string Clock(TimeSpan span) =>
        span.TotalHours >= 1
            ? Printable.Of($"{(int)span.TotalHours}:{span.Minutes:D2}:{span.Seconds:D2}")
            : Printable.Of($"{span.Minutes}:{span.Seconds:D2}");
}
