namespace MultiTurnTrainer.Benchmarks.Sessions;

/// <summary>How measured times are told, in milliseconds.</summary>
/// <param name="P50">Half of them are no longer.</param>
/// <param name="P99">99 of 100 are no longer.</param>
/// <param name="Most">The longest.</param>
internal sealed record Quantiles(double P50, double P99, double Most)
{
    public static Quantiles Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        double At(double share) => Math.Round(sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))], 2);
        return new Quantiles(At(0.5), At(0.99), Math.Round(sorted[^1], 2));
    }
}
