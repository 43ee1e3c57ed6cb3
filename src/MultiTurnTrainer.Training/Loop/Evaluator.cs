using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Loss on rows that are not trained on, split by turn, role and part of the message.</summary>
internal sealed class Evaluator(CausalLM model, Adapter adapter, IReadOnlyList<TokenRow> rows, TrainSettings settings)
    : IRunEvaluator
{
    private readonly HeadPass _head = new(model, adapter, settings);

    /// <summary>Evaluates all rows.</summary>
    /// <param name="step">The steps done.</param>
    /// <param name="best">The lowest loss so far.</param>
    /// <param name="stop">Asks to give up; nothing is returned then.</param>
    public EvaluationMetrics? Run(int step, double? best, CancellationToken stop)
    {
        LossParts<int> turns = new();
        LossParts<string> roles = new();
        LossParts<string> fields = new();
        (double sum, long hits, long tokens) = (0, 0, 0);
        foreach (int[] chunk in Enumerable.Range(0, rows.Count).Chunk(settings.PerDeviceEvalBatchSize))
        {
            if (stop.IsCancellationRequested)
            {
                return null;
            }

            MicroBatch batch = MicroBatch.Pack(rows, chunk);
            if (batch.Targets.Length == 0)
            {
                continue;
            }

            using DisposeScope scope = NewDisposeScope();
            using IDisposable quiet = no_grad();
            HeadResult result = _head.ComputeLoss(batch.ComputeHidden(model, adapter), batch);
            hits += result.Read().Hits;
            float[] losses = result.TokenLosses();
            SupervisedSpan?[] spans = batch.FindSpans(rows);
            for (int i = 0; i < losses.Length; i++)
            {
                sum += losses[i];
                tokens++;
                if (spans[i] is { } span)
                {
                    turns.Add(span.Turn, losses[i]);
                    roles.Add(span.Role, losses[i]);
                    fields.Add(span.Field, losses[i]);
                }
            }
        }

        double mean = sum / Math.Max(1, tokens);
        return new EvaluationMetrics(
            step,
            mean,
            hits / (double)Math.Max(1, tokens),
            tokens,
            turns.GetMeans(),
            roles.GetMeans(),
            fields.GetMeans(),
            Best: best is null || mean < best - settings.EarlyStoppingThreshold
        );
    }
}
