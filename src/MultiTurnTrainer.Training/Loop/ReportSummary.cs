using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>The figures a reader of a report looks for first.</summary>
internal static class ReportSummary
{
    /// <summary>Names and values.</summary>
    public static IReadOnlyList<(string Name, string Value)> Summarise(
        RunSummary run,
        TrainOutcome outcome,
        IReadOnlyList<JsonView> steps,
        double machineGflops
    ) =>
        [
            ("outcome", outcome.Message is null ? $"{outcome.End}" : $"{outcome.End}: {outcome.Message}"),
            .. outcome.BestLost is { } problem
                ? [("weights", $"of the last step, not the best: {problem}")]
                : Array.Empty<(string, string)>(),
            ("steps", Invariant($"{outcome.Step} of {run.TotalSteps}")),
            ("model", Invariant($"{run.Model}, {run.Parameters:N0} weights, {run.TrainableParameters:N0} trained")),
            (
                "data",
                Invariant(
                    $"{run.DataText}{(run.RowsWithoutLabels > 0 ? $", {Counted.Of(run.RowsWithoutLabels, "row")} without a label" : "")}"
                )
            ),
            (
                "packing",
                run.Packs == 0
                    ? "off"
                    : Invariant($"{Counted.Of(run.Packs, "pack")}, {run.PackingEfficiency:P1} of their places filled")
            ),
            .. steps.Count > 0 ? Measured(run, steps, machineGflops) : [],
        ];

    private static List<(string, string)> Measured(RunSummary run, IReadOnlyList<JsonView> steps, double machineGflops)
    {
        List<(string, string)> facts = [];
        facts.Add(
            (
                "loss",
                Invariant(
                    $"{MetricsLog.ReadNumber(steps[0], "loss"):F4} at step {steps[0].GetProperty("step")} → {MetricsLog.ReadNumber(steps[^1], "loss"):F4} at step {steps[^1].GetProperty("step")}"
                )
            )
        );
        string[] spikes =
        [
            .. steps
                .Where(step => MetricsLog.ReadNumber(step, "spike") > 0)
                .Select(step => step.GetProperty("step").ToString()),
        ];
        if (spikes.Length > 0)
        {
            facts.Add(("spikes", $"at step {string.Join(", ", spikes)}"));
        }

        // Objectives that sample do not count their maths, nor the head's time.
        string maths = Median(steps, "gflops") is > 0 and double gflops
            ? Invariant(
                $", {gflops:N1} GFLOP/s of the maths (medians); MFU {gflops / machineGflops:P1} of {machineGflops:N0} GFLOP/s, the rate of a plain product here"
            )
            : " (median)";
        facts.Add(("speed", Invariant($"{Median(steps, "tokens_per_second"):N0} tokens/s{maths}")));
        if (Median(steps, "head_share") is > 0 and double head)
        {
            facts.Add(("head", Invariant($"{head:P1} of a step's time (median)")));
        }

        facts.Add(
            (
                "peak memory",
                Invariant(
                    $"{MetricsLog.ReadNumber(steps[^1], "peak_memory_mb"):N0} MiB {(run.Device.StartsWith("cuda", StringComparison.Ordinal) ? "reserved on the GPU" : "resident")}"
                )
            )
        );
        return facts;
    }

    private static double Median(IReadOnlyList<JsonView> steps, string field)
    {
        double[] values = [.. steps.Select(step => MetricsLog.ReadNumber(step, field)).Order()];
        return values[values.Length / 2];
    }
}
