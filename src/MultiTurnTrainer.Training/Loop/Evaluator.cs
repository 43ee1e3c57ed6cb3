using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Processes;
using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Loss on rows that are not trained on, split by turn, role and part of the message; several processes share the rows.</summary>
internal sealed class Evaluator(
    CausalLM model,
    Adapter adapter,
    IReadOnlyList<TokenRow> rows,
    TrainSettings settings,
    Ranks ranks
) : IRunEvaluator
{
    private readonly HeadPass _head = new(model, adapter, settings);

    /// <summary>Evaluates all rows.</summary>
    /// <param name="step">The steps done.</param>
    /// <param name="best">The lowest loss so far.</param>
    /// <param name="stop">Asks to give up; nothing is returned then.</param>
    public EvaluationMetrics? Run(int step, double? best, CancellationToken stop)
    {
        LossSums sums = new();
        int[][] chunks = [.. Enumerable.Range(0, rows.Count).Chunk(settings.PerDeviceEvalBatchSize)];
        double[] costs = Array.ConvertAll(chunks, chunk => (double)chunk.Sum(row => rows[row].InputIds.Length));
        bool stopped = false;
        foreach (int chunk in ranks.Deal(costs))
        {
            stopped = stop.IsCancellationRequested;
            if (stopped)
            {
                break;
            }

            Add(sums, MicroBatch.Pack(rows, chunks[chunk]));
        }

        return Merge(sums, stopped)?.GetMeans(step, best - settings.EarlyStoppingThreshold);
    }

    private void Add(LossSums sums, MicroBatch batch)
    {
        if (batch.Targets.Length == 0)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        HeadResult result = _head.ComputeLoss(batch.ComputeHidden(model, adapter), batch);
        sums.Hits += result.Read().Hits;
        float[] losses = result.TokenLosses();
        SupervisedSpan?[] spans = batch.FindSpans(rows);
        for (int i = 0; i < losses.Length; i++)
        {
            sums.Add(losses[i], spans[i]);
        }
    }

    /// <summary>The sums of all processes; null where one was asked to stop.</summary>
    private LossSums? Merge(LossSums own, bool stopped)
    {
        if (ranks.World == 1)
        {
            return stopped ? null : own;
        }

        using MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);
        writer.Write(stopped);
        own.Write(writer);
        LossSums all = new();
        foreach (byte[] one in ranks.Gather(bytes.ToArray()))
        {
            using BinaryReader reader = new(new MemoryStream(one));
            stopped |= reader.ReadBoolean();
            all.Read(reader);
        }

        return stopped ? null : all;
    }
}
