using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Optimization;
using MultiTurnTrainer.Training.Processes;
using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Schedule;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>What a run would need with one way of recomputing.</summary>
/// <param name="Recompute">What is computed again in backward.</param>
/// <param name="PeakMb">The most memory, in 2²⁰ bytes: on a GPU what libtorch reserves there, else what is resident; NaN where there is not enough.</param>
/// <param name="SecondsPerStep">Time of an optimizer step whose micro-batches are all as heavy as the heaviest; NaN likewise.</param>
public sealed record MemoryNeed(Recompute Recompute, double PeakMb, double SecondsPerStep);

/// <summary>
/// Predicts a run's peak memory by doing what takes most of it: the heaviest micro-batches of its plan, the heaviest
/// batch of its evaluation, and as much garbage as is left lying before it is collected. Modes are tried from the most
/// frugal to the hungriest, so that one process can measure them all.
/// </summary>
public static class MemoryEstimate
{
    /// <summary>Micro-batches that are tried: the heaviest of the plan.</summary>
    private const int Shapes = 3;
    private static readonly Recompute[] _frugalFirst = [Recompute.Full, Recompute.Selective, Recompute.Off];

    /// <summary>Measures.</summary>
    /// <param name="request">The run; its output is not touched. With <c>recompute: auto</c> every mode is tried.</param>
    /// <param name="stop">Asks to give up.</param>
    /// <exception cref="MttException">What the run itself would refuse.</exception>
    public static IEnumerable<MemoryNeed> Measure(TrainRequest request, CancellationToken stop)
    {
        TrainSettings settings = request.Train;
        ModelConfig config = ModelConfigReader.ReadFolder(request.Model);
        TrainedWeights.RequireTrainable(config, settings);
        TrainingData data = TrainingData.Load(request, config.VocabularySize, stop);
        StepPlan plan = StepPlan.Create(settings, data.Packing?.Packs.Count ?? data.Rows.Count);
        RunPlace place = RunPlace.Choose(settings, Ranks.Alone);
        using CausalLM model = CausalLM.Load(request.Model, place.Type, place.Device, quantisation: settings.FourBit);
        using Adapter adapter = TrainedWeights.Create(model, request);
        using AdamW optimizer = new(adapter.Parameters, settings);
        foreach (Recompute recompute in _frugalFirst)
        {
            if (settings.Recompute is not Recompute.Auto && settings.Recompute != recompute)
            {
                continue;
            }

            Evaluator? evaluator =
                data.Evaluation.Count > 0
                    ? new Evaluator(model, adapter, FindHeaviestEvaluation(data, settings), settings, Ranks.Alone)
                    : null;
            SftObjective objective = new(model, adapter, data.Rows, data.Packing?.Packs, settings, recompute);
            yield return Try(objective, evaluator, recompute, plan, adapter, optimizer, stop);
        }
    }

    private static MemoryNeed Try(
        SftObjective objective,
        Evaluator? evaluator,
        Recompute recompute,
        StepPlan plan,
        Adapter adapter,
        AdamW optimizer,
        CancellationToken stop
    )
    {
        try
        {
            double seconds = double.PositiveInfinity;
            SftBatch[] trial = ChooseTrial(objective, plan, stop);
            double heaviest = trial.Max(batch => batch.Flops);
            foreach (SftBatch batch in trial)
            {
                stop.ThrowIfCancellationRequested();
                seconds = Math.Min(
                    seconds,
                    Step(objective, batch, adapter, optimizer) * heaviest / Math.Max(1, batch.Flops)
                );
            }

            evaluator?.Run(step: 0, best: null, stop);
            FillYoungGeneration();
            return new MemoryNeed(
                recompute,
                PeakMemory.ReadMb(adapter.Parameters.Flat.device),
                seconds * plan.Accumulation
            );
        }
        catch (Exception problem) when (MemoryShortage.Is(problem))
        {
            return new MemoryNeed(recompute, double.NaN, double.NaN);
        }
    }

    /// <summary>
    /// Micro-batches to do: the heaviest, before and after others. What an allocator keeps of one shape does not always
    /// serve the next, so that the heaviest alone would need less than it does among others.
    /// </summary>
    private static SftBatch[] ChooseTrial(SftObjective objective, StepPlan plan, CancellationToken stop)
    {
        PriorityQueue<SftBatch, double> heaviest = new();
        for (int step = 1; step <= Math.Min(plan.TotalSteps, plan.StepsPerEpoch); step++)
        {
            stop.ThrowIfCancellationRequested();
            foreach (SftBatch batch in plan.GetMicroBatches(step).Select(objective.Prepare))
            {
                heaviest.Enqueue(batch, batch.Flops);
                if (heaviest.Count > Shapes)
                {
                    heaviest.Dequeue();
                }
            }
        }

        SftBatch[] ordered =
        [
            .. heaviest.UnorderedItems.OrderByDescending(item => item.Priority).Select(item => item.Element),
        ];
        return [.. ordered[1..], ordered[0], .. ordered[1..], ordered[0]];
    }

    private static IReadOnlyList<TokenRow> FindHeaviestEvaluation(TrainingData data, TrainSettings settings) =>
        data.Evaluation.Chunk(settings.PerDeviceEvalBatchSize).MaxBy(rows => rows.Sum(row => row.NeededTokens))!;

    /// <summary>Leaves garbage until it is collected, as the steps of a long run do, little by little.</summary>
    private static void FillYoungGeneration()
    {
        const int size = 64 << 10;
        const int most = 256 << 20;
        int collected = GC.CollectionCount(0);
        for (int left = most; left > 0 && GC.CollectionCount(0) == collected; left -= size)
        {
            GC.KeepAlive(new byte[size]);
        }
    }

    private static double Step(SftObjective objective, SftBatch batch, Adapter adapter, AdamW optimizer)
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
