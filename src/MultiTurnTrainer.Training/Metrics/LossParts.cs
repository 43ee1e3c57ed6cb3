namespace MultiTurnTrainer.Training.Metrics;

/// <summary>Sums of token losses under a key.</summary>
internal sealed class LossParts<T>
    where T : notnull
{
    private readonly Dictionary<T, (double Sum, long Tokens)> _parts = [];

    /// <summary>Adds one token.</summary>
    public void Add(T key, double loss)
    {
        (double sum, long tokens) = _parts.GetValueOrDefault(key);
        _parts[key] = (sum + loss, tokens + 1);
    }

    /// <summary>The mean of each key.</summary>
    public IReadOnlyDictionary<T, LossPart> GetMeans() =>
        _parts.ToDictionary(
            part => part.Key,
            part => new LossPart(part.Value.Sum / part.Value.Tokens, part.Value.Tokens)
        );
}
