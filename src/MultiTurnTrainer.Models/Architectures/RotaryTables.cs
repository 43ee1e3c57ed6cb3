using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>The rotary table of every layer; layers that turn alike share one, and a layer may have none.</summary>
internal sealed class RotaryTables : IDisposable
{
    private readonly RotaryTable?[] _layers;

    /// <summary>Makes each table once.</summary>
    /// <param name="ropes">One for each layer, as <see cref="ModelConfig.Ropes"/>.</param>
    /// <param name="make">Makes the table of one.</param>
    public RotaryTables(IReadOnlyList<RopeConfig?> ropes, Func<RopeConfig, RotaryTable> make)
    {
        Dictionary<RopeConfig, RotaryTable> made = new(ReferenceEqualityComparer.Instance);
        _layers = new RotaryTable?[ropes.Count];
        for (int layer = 0; layer < ropes.Count; layer++)
        {
            if (ropes[layer] is not { } rope)
            {
                continue;
            }

            if (!made.TryGetValue(rope, out RotaryTable? table))
            {
                made[rope] = table = make(rope);
            }

            _layers[layer] = table;
        }
    }

    /// <summary>Rotates keys [tokens, heads, width] as a layer does; the same tensor where it does not.</summary>
    public Tensor Apply(int layer, Tensor heads) => _layers[layer]?.Apply(heads) ?? heads;

    /// <summary>Rotates queries, and scales them where the family does.</summary>
    public Tensor ApplyToQueries(int layer, Tensor heads) => _layers[layer]?.ApplyToQueries(heads) ?? heads;

    /// <summary>Frees the tables.</summary>
    public void Dispose()
    {
        foreach (RotaryTable? table in _layers.Distinct())
        {
            table?.Dispose();
        }
    }
}
