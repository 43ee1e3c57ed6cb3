namespace MultiTurnTrainer.Synthesis.Quality;

/// <summary>A running mean.</summary>
internal sealed class Mean
{
    private double _sum;
    private long _count;

    /// <summary>The mean rounded to six digits; null where nothing was added.</summary>
    public double? Value => _count == 0 ? null : Math.Round(_sum / _count, 6);

    public void Add(double value)
    {
        _sum += value;
        _count++;
    }

    public void Add(bool value) => Add(value ? 1 : 0);
}
