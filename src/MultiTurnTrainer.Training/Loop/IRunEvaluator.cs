using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Measures a run from time to time; the measure decides which checkpoint is the best.</summary>
internal interface IRunEvaluator
{
    /// <summary>Whether it may measure no more.</summary>
    bool IsSpent => false;

    /// <summary>What counts against a budget so far; checkpoints hold it.</summary>
    long Spent
    {
        get => 0;
        set { }
    }

    /// <summary>Measures.</summary>
    /// <param name="step">The steps done.</param>
    /// <param name="best">The lowest <see cref="EvaluationMetrics.Measure"/> so far.</param>
    /// <param name="stop">Asks to give up; nothing is returned then.</param>
    EvaluationMetrics? Run(int step, double? best, CancellationToken stop);
}
