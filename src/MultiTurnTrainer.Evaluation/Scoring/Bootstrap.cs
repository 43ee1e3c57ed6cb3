namespace MultiTurnTrainer.Evaluation.Scoring;

/// <summary>Bounds within which a mean lies, at 95 %.</summary>
/// <param name="Low">The lower bound.</param>
/// <param name="High">The upper bound.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>Whether 0 is outside: an effect is claimed only then.</summary>
    public bool ExcludesZero => Low > 0 || High < 0;
}

/// <summary>
/// Percentile bootstrap (Efron, 1979): what a mean would have been with other seeds and other tasks. Draws are the same each time, so
/// that a table can be made again.
/// </summary>
public static class Bootstrap
{
    private const int Draws = 2000;

    /// <summary>The interval of a mean over tasks.</summary>
    /// <param name="values">One value per task.</param>
    public static Interval OfTasks(IReadOnlyList<double> values) => OfSeeds([values]);

    /// <summary>The interval of a mean over seeds and, within each, over tasks: both are drawn with replacement.</summary>
    /// <param name="values">One list per seed, of one value per task. For a paired comparison, the differences.</param>
    /// <param name="over">Of the same lengths, for the interval of the ratio of two means; null for a mean.</param>
    public static Interval OfSeeds(
        IReadOnlyList<IReadOnlyList<double>> values,
        IReadOnlyList<IReadOnlyList<double>>? over = null
    )
    {
        SeededRandom random = new(Draws);
        double[] drawn = new double[Draws];
        for (int draw = 0; draw < Draws; draw++)
        {
            (double sum, double divisor) = (0, 0);
            for (int i = 0; i < values.Count; i++)
            {
                int seed = random.Below(values.Count);
                for (int k = 0; k < values[seed].Count; k++)
                {
                    int task = random.Below(values[seed].Count);
                    sum += values[seed][task];
                    divisor += over is null ? 1 : over[seed][task];
                }
            }

            drawn[draw] = divisor == 0 ? 0 : sum / divisor;
        }

        return new Interval(RunStatistics.Percentile(drawn, 0.025), RunStatistics.Percentile(drawn, 0.975));
    }
}
