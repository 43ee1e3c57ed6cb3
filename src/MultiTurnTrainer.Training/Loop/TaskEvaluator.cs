using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Processes;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Scores tasks with the model as it is, beside the loss on rows where there are some; the score decides.</summary>
internal sealed class TaskEvaluator(
    CausalLM model,
    Adapter adapter,
    ITaskScorer scorer,
    Evaluator? rows,
    TrainSettings settings,
    Ranks ranks
) : IRunEvaluator
{
    public bool IsSpent => scorer.IsSpent;

    public long Spent
    {
        get => scorer.Spent;
        set => scorer.Spent = value;
    }

    public EvaluationMetrics? Run(int step, double? best, CancellationToken stop)
    {
        EvaluationMetrics? metrics = rows is null ? EvaluationMetrics.WithoutRows(step) : rows.Run(step, null, stop);
        if (metrics is null || Score(stop) is not { } score)
        {
            return null;
        }

        metrics = metrics with { TaskScore = score };
        return metrics with { Best = best is null || metrics.Measure < best - settings.EarlyStoppingThreshold };
    }

    // Rank 0 of several processes scores; the others take its word, so that all decide the same.
    private double? Score(CancellationToken stop)
    {
        double score = ranks.Share(ranks.IsFirst ? scorer.Score(model, adapter, stop) ?? double.NaN : 0);
        scorer.Spent = (long)ranks.Share(scorer.Spent);
        return double.IsNaN(score) ? null : score;
    }
}
