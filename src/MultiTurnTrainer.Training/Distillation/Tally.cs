namespace MultiTurnTrainer.Training.Distillation;

/// <summary>Counts and means of what happened in a run, for its manifest.</summary>
internal sealed class Tally
{
    private readonly SortedDictionary<string, double> _counts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, (double Sum, long Count)> _means = new(StringComparer.Ordinal);

    /// <summary>Everything so far; means are named <c>mean_…</c>.</summary>
    public IReadOnlyDictionary<string, double> Facts =>
        _counts
            .Concat(_means.Select(pair => KeyValuePair.Create($"mean_{pair.Key}", pair.Value.Sum / pair.Value.Count)))
            .ToDictionary();

    /// <summary>Counts.</summary>
    public void Add(string name, long count = 1) => _counts[name] = _counts.GetValueOrDefault(name) + count;

    /// <summary>Adds a value to a mean.</summary>
    public void Mean(string name, double value)
    {
        (double sum, long count) = _means.GetValueOrDefault(name);
        _means[name] = (sum + value, count + 1);
    }
}
