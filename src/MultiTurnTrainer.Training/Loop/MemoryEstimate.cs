using System.Diagnostics;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Optimization;
using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Schedule;
using MultiTurnTrainer.Training.Settings;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>What a run would need with one way of recomputing.</summary>
/// <param name="Recompute">What is computed again in backward.</param>
/// <param name="PeakMb">The highest resident memory, in 2²⁰ bytes.</param>
/// <param name="SecondsPerStep">Time of an optimizer step whose micro-batches are all as heavy as the heaviest.</param>
public sealed record MemoryNeed(Recompute Recompute, double PeakMb, double SecondsPerStep);

/// <summary>
/// Predicts a run's peak memory by doing its heaviest micro-batch: the plan knows which one that is, and memory does
/// not grow after it. Modes are tried from the most frugal to the hungriest, so that one process can measure them all.
/// </summary>
public static class MemoryEstimate
{
    private static readonly Recompute[] _frugalFirst = [Recompute.Full, Recompute.Selective, Recompute.Off];

    /// <summary>Measures.</summary>
    /// <param name="request">The run; its output is not touched. With <c>recompute: auto</c> every mode is tried.</param>
    /// <param name="stop">Asks to give up.</param>
    /// <exception cref="Files.MttException">What the run itself would refuse.</exception>
    public static IEnumerable<MemoryNeed> Measure(TrainRequest request, CancellationToken stop)
    {
        TrainSettings settings = request.Train;
        ModelConfig config = ModelConfigReader.ReadFolder(request.Model);
        TrainingData data = TrainingData.Load(request, config.VocabularySize, stop);
        StepPlan plan = StepPlan.From(settings, data.Packing?.Packs.Count ?? data.Rows.Count);
        RunPlace place = RunPlace.Choose(settings);
        using CausalLM model = CausalLM.Load(request.Model, place.Type, place.Device);
        using Adapter adapter = TrainedWeights.Create(model, request);
        using AdamW optimizer = new(adapter.Parameters, settings);
        foreach (Recompute recompute in _frugalFirst)
        {
            if (settings.Recompute is not Recompute.Auto && settings.Recompute != recompute)
            {
                continue;
            }

            SftObjective objective = new(model, adapter, data.Rows, data.Packing?.Packs, settings, recompute);
            IMicroBatch heaviest = Heaviest(objective, plan, stop);
            double seconds = double.PositiveInfinity;
            for (int repeat = 0; repeat < 2; repeat++)
            {
                stop.ThrowIfCancellationRequested();
                seconds = Math.Min(seconds, Step(objective, heaviest, adapter, optimizer));
            }

            yield return new MemoryNeed(recompute, PeakMemory.ReadMb(), seconds * plan.Accumulation);
        }
    }

    private static IMicroBatch Heaviest(SftObjective objective, StepPlan plan, CancellationToken stop)
    {
        IMicroBatch? heaviest = null;
        for (int step = 1; step <= Math.Min(plan.TotalSteps, plan.StepsPerEpoch); step++)
        {
            stop.ThrowIfCancellationRequested();
            foreach (int[] units in plan.MicroBatches(step))
            {
                IMicroBatch batch = objective.Prepare(units);
                heaviest = heaviest is null || batch.Flops > heaviest.Flops ? batch : heaviest;
            }
        }

        return heaviest!;
    }

    private static double Step(SftObjective objective, IMicroBatch batch, Adapter adapter, AdamW optimizer)
    {
        long begin = Stopwatch.GetTimestamp();
        using (no_grad())
        {
            adapter.Parameters.Gradient.zero_();
        }

        objective.Accumulate(batch, Math.Max(1, batch.Normalizer), seed: 0);
        optimizer.Step(1, learningRate: 0, optimizer.GradientNorm());
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }
}
