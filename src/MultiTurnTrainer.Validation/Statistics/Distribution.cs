namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>
/// Counts of whole numbers in buckets that grow with the value: exact below 128, then 64 buckets for each doubling, so a
/// percentile is at most 1.6 % off. A few kilobytes, however many values.
/// </summary>
public sealed class Distribution
{
    private const int Exact = 128;
    private const int PerDoubling = 64;
    private readonly long[] _buckets = new long[Exact + (PerDoubling * 32)];

    /// <summary>How many values.</summary>
    public long Count { get; private set; }

    /// <summary>Their sum.</summary>
    public long Sum { get; private set; }

    /// <summary>The least; 0 when there are none.</summary>
    public long Min { get; private set; }

    /// <summary>The greatest.</summary>
    public long Max { get; private set; }

    /// <summary>The mean; 0 when there are none.</summary>
    public double Mean => Count == 0 ? 0 : (double)Sum / Count;

    /// <summary>Counts a value, at least 0.</summary>
    public void Add(long value)
    {
        Min = Count == 0 ? value : Math.Min(Min, value);
        Max = Math.Max(Max, value);
        Count++;
        Sum += value;
        _buckets[Bucket(value)]++;
    }

    /// <summary>The value that a share of the values does not exceed.</summary>
    /// <param name="share">From 0 to 1.</param>
    public long Percentile(double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (int bucket = 0; bucket < _buckets.Length; bucket++)
        {
            seen += _buckets[bucket];
            if (seen >= wanted)
            {
                return Math.Clamp(Upper(bucket), Min, Max);
            }
        }

        return Max;
    }

    /// <summary>How many values lie in equal parts of the range from the least to a value.</summary>
    /// <param name="parts">Number of parts.</param>
    /// <param name="upTo">The end of the range; greater values count into the last part.</param>
    public long[] Histogram(int parts, long upTo)
    {
        long[] counts = new long[parts];
        double width = Math.Max(1, upTo - Min + 1) / (double)parts;
        for (int bucket = 0; bucket < _buckets.Length; bucket++)
        {
            if (_buckets[bucket] > 0)
            {
                long middle = Math.Clamp((Lower(bucket) + Upper(bucket)) / 2, Min, Max);
                counts[Math.Clamp((int)((middle - Min) / width), 0, parts - 1)] += _buckets[bucket];
            }
        }

        return counts;
    }

    private static int Bucket(long value)
    {
        if (value < Exact)
        {
            return (int)Math.Max(0, value);
        }

        int doubling = BitOperations.Log2((ulong)value) - 7;
        int inside = (int)((value >> (doubling + 1)) & (PerDoubling - 1));
        return Math.Min(Exact + (doubling * PerDoubling) + inside, Exact + (PerDoubling * 32) - 1);
    }

    private static long Lower(int bucket) =>
        bucket < Exact
            ? bucket
            : (long)(PerDoubling + ((bucket - Exact) % PerDoubling)) << (((bucket - Exact) / PerDoubling) + 1);

    private static long Upper(int bucket) =>
        bucket < Exact ? bucket : Lower(bucket) + (1L << (((bucket - Exact) / PerDoubling) + 1)) - 1;
}
