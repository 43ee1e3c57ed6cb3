using MultiTurnTrainer.Training.Processes;

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

    /// <summary>Adds what the other processes of a run have counted.</summary>
    public void Merge(Ranks ranks)
    {
        if (ranks.World == 1)
        {
            return;
        }

        byte[][] all = ranks.Gather(Write());
        _counts.Clear();
        _means.Clear();
        Array.ForEach(all, Add);
    }

    private byte[] Write()
    {
        using MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);
        writer.Write(_counts.Count);
        foreach ((string name, double count) in _counts)
        {
            writer.Write(name);
            writer.Write(count);
        }

        writer.Write(_means.Count);
        foreach ((string name, (double sum, long count)) in _means)
        {
            writer.Write(name);
            writer.Write(sum);
            writer.Write(count);
        }

        return bytes.ToArray();
    }

    private void Add(byte[] written)
    {
        using BinaryReader reader = new(new MemoryStream(written));
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            string name = reader.ReadString();
            _counts[name] = _counts.GetValueOrDefault(name) + reader.ReadDouble();
        }

        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            string name = reader.ReadString();
            (double sum, long count) = _means.GetValueOrDefault(name);
            _means[name] = (sum + reader.ReadDouble(), count + reader.ReadInt64());
        }
    }

    /// <summary>Counts.</summary>
    public void Add(string name, long count = 1) => _counts[name] = _counts.GetValueOrDefault(name) + count;

    /// <summary>Adds a value to a mean.</summary>
    public void Mean(string name, double value)
    {
        (double sum, long count) = _means.GetValueOrDefault(name);
        _means[name] = (sum + value, count + 1);
    }
}
