namespace MultiTurnTrainer.Runs.Tables;

/// <summary>A point of a run's curve.</summary>
/// <param name="Curve">The measure.</param>
/// <param name="Step">The optimizer step.</param>
/// <param name="Value">Its value there.</param>
public readonly record struct CurvePoint(string Curve, int Step, double Value);

/// <summary>What a run measured step by step.</summary>
public static class RunCurves
{
    private static readonly (string File, string Field, string Curve)[] _curves =
    [
        ("metrics.jsonl", "smoothed_loss", RunFacts.Loss),
        ("evaluations.jsonl", RunFacts.EvalLoss, RunFacts.EvalLoss),
        ("evaluations.jsonl", RunFacts.TaskScore, RunFacts.TaskScore),
    ];

    /// <summary>Its curves, one after the other; none of an evaluation alone.</summary>
    public static IEnumerable<CurvePoint> Of(RunFacts run) =>
        run.Folder is not { } folder
            ? []
            : _curves.SelectMany(curve =>
                TrainedFacts
                    .Lines(Path.Combine(folder, curve.File))
                    .Select(line => (TrainedFacts.Number(line, "step"), TrainedFacts.Number(line, curve.Field)))
                    .Where(point => point is ({ }, { }))
                    .Select(point => new CurvePoint(curve.Curve, (int)point.Item1!.Value, point.Item2!.Value))
            );
}
