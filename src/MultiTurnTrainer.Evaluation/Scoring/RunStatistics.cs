// Folder Scoring: sums over runs and tasks, with intervals.
// Refuses to know: dialogues, models, how an answer is judged.

namespace MultiTurnTrainer.Evaluation.Scoring;

/// <summary>
/// Scores of several runs, as "Lost in Conversation" counts them (section 3.5 of the research notes): mean, aptitude A^90
/// and unreliability U^90_10, each computed per task and averaged over tasks. Percentiles interpolate linearly at rank
/// p·(N−1); the paper does not state its rule.
/// </summary>
/// <param name="Mean">Mean score, 0 to 100.</param>
/// <param name="Interval">Of the mean, over tasks.</param>
/// <param name="Aptitude">Mean over tasks of the 90th percentile.</param>
/// <param name="AptitudeInterval">Of the aptitude, over tasks.</param>
/// <param name="Unreliability">Mean over tasks of the 90th less the 10th percentile.</param>
/// <param name="UnreliabilityInterval">Of the unreliability, over tasks.</param>
public sealed record RunStatistics(
    double Mean,
    Interval Interval,
    double Aptitude,
    Interval AptitudeInterval,
    double Unreliability,
    Interval UnreliabilityInterval
)
{
    /// <summary>Computes them from one row of scores (0 to 100) per task.</summary>
    public static RunStatistics Of(IReadOnlyCollection<double[]> scoresByTask)
    {
        double[] means = [.. scoresByTask.Select(scores => scores.Average())];
        double[] aptitudes = [.. scoresByTask.Select(scores => Percentile(scores, 0.9))];
        double[] spreads = [.. scoresByTask.Select(scores => Percentile(scores, 0.9) - Percentile(scores, 0.1))];
        return new RunStatistics(
            means.Average(),
            Bootstrap.OfTasks(means),
            aptitudes.Average(),
            Bootstrap.OfTasks(aptitudes),
            spreads.Average(),
            Bootstrap.OfTasks(spreads)
        );
    }

    internal static double Percentile(double[] scores, double p)
    {
        double[] sorted = [.. scores.Order()];
        double rank = p * (sorted.Length - 1);
        int below = (int)Math.Floor(rank);
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((rank - below) * (sorted[above] - sorted[below]));
    }
}
