using MultiTurnTrainer.Training.Checkpoints;
using MultiTurnTrainer.Training.Processes;
using MultiTurnTrainer.Training.Schedule;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>A run with everything loaded.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Data">The rows.</param>
/// <param name="Plan">Which rows each step sees.</param>
/// <param name="Output">Where it writes.</param>
/// <param name="Place">Where it computes.</param>
/// <param name="Model">The base.</param>
/// <param name="Adapter">What is trained.</param>
/// <param name="Fingerprint">What its numbers depend on.</param>
/// <param name="Recompute">What is computed again in backward.</param>
/// <param name="Ranks">The processes that share it.</param>
internal sealed record LoadedRun(
    TrainRequest Request,
    TrainingData Data,
    StepPlan Plan,
    OutputFolder Output,
    RunPlace Place,
    CausalLM Model,
    Adapter Adapter,
    RunFingerprint Fingerprint,
    Recompute Recompute,
    Ranks Ranks
)
{
    /// <summary>What it is about to do.</summary>
    /// <param name="firstStep">The next step.</param>
    public RunSummary Summarise(int firstStep) =>
        new(
            Request.Model,
            Ranks.World > 1 ? $"{Ranks.World} processes, each on {Place.DeviceText}" : Place.DeviceText,
            Model.Config.Quantisation is { } quantised ? $"{Place.TypeText}, base in {quantised.Name}" : Place.TypeText,
            Model.ParameterCount,
            Adapter.Parameters.Flat.numel(),
            Data.Rows.Count,
            Data.Rows.Sum(row => (long)row.InputIds.Length),
            Data.Rows.Sum(row => (long)row.PredictedTokens),
            Data.Rows.Count(row => row.PredictedTokens == 0),
            Data.Evaluation.Count,
            Data.Packing?.Packs.Count ?? 0,
            Data.Packing?.Efficiency ?? 1,
            Plan.TotalSteps,
            firstStep,
            Recompute.ToString().ToLowerInvariant()
        )
        {
            Tasks = Request.Distillation?.Units ?? 0,
            Pairs = Request.Preferences?.Pairs.Count ?? 0,
        };
}
