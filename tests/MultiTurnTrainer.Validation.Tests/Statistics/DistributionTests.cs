using MultiTurnTrainer.Validation.Statistics;

namespace MultiTurnTrainer.Validation.Tests.Statistics;

public class DistributionTests
{
    [Fact]
    public void Percentile_OfManyValues_IsWithinTheBucket()
    {
        Distribution lengths = new();
        Random random = new(1);
        List<long> values = [.. Enumerable.Range(0, 20_000).Select(_ => (long)Math.Pow(10, random.NextDouble() * 6))];
        values.ForEach(lengths.Add);
        values.Sort();
        foreach (double share in new[] { 0.01, 0.5, 0.9, 0.99, 1.0 })
        {
            long exact = values[(int)Math.Ceiling(share * values.Count) - 1];
            Assert.InRange(lengths.Percentile(share), exact, (exact * 1.016) + 1);
        }

        Assert.Equal(values.Average(), lengths.Mean, 6);
    }

    [Fact]
    public void Percentile_SmallValues_AreExact()
    {
        Distribution lengths = new();
        for (int i = 1; i <= 100; i++)
        {
            lengths.Add(i);
        }

        Assert.Equal(
            (50, 90, 99, 100),
            (lengths.Percentile(0.5), lengths.Percentile(0.9), lengths.Percentile(0.99), lengths.Max)
        );
        Assert.Equal(100, lengths.Histogram(10, 100).Sum());
        Assert.All(lengths.Histogram(10, 100), count => Assert.Equal(10, count));
    }
}
