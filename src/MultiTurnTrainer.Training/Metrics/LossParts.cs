namespace MultiTurnTrainer.Training.Metrics;

/// <summary>Sums of token losses under a key.</summary>
internal sealed class LossParts<T>
    where T : notnull
{
    private readonly Dictionary<T, (double Sum, long Tokens)> _parts = [];

    /// <summary>Adds one token.</summary>
    public void Add(T key, double loss) => Add(key, loss, 1);

    /// <summary>Writes the sums, for another process.</summary>
    public void Write(BinaryWriter writer, Action<T> writeKey)
    {
        writer.Write(_parts.Count);
        foreach ((T key, (double sum, long tokens)) in _parts)
        {
            writeKey(key);
            writer.Write(sum);
            writer.Write(tokens);
        }
    }

    /// <summary>Adds what <see cref="Write"/> wrote.</summary>
    public void Read(BinaryReader reader, Func<T> readKey)
    {
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            Add(readKey(), reader.ReadDouble(), reader.ReadInt64());
        }
    }

    private void Add(T key, double loss, long count)
    {
        (double sum, long tokens) = _parts.GetValueOrDefault(key);
        _parts[key] = (sum + loss, tokens + count);
    }

    /// <summary>The mean of each key.</summary>
    public IReadOnlyDictionary<T, LossPart> GetMeans() =>
        _parts.ToDictionary(
            part => part.Key,
            part => new LossPart(part.Value.Sum / part.Value.Tokens, part.Value.Tokens)
        );
}
