using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>How often the rows of each input are written: whole copies, and one more for a share of the rows that a hash chooses.</summary>
internal sealed class RowMix
{
    // Not the stream that splits: rows of one part would all be taken, or none.
    private const ulong Stream = 0x6D69;

    private readonly Dictionary<string, double> _weights = new(StringComparer.Ordinal);
    private readonly ulong _seed;

    private RowMix(ulong seed) => _seed = seed;

    /// <summary>Every row once.</summary>
    public static RowMix None { get; } = new(0);

    /// <summary>The mix of some inputs.</summary>
    /// <param name="inputs">The files.</param>
    /// <param name="weights">One number a file; none takes every row once.</param>
    /// <param name="seed">Changes which rows a share takes.</param>
    /// <exception cref="MttException">There are more or fewer weights than files, or one file has two.</exception>
    public static RowMix Of(IReadOnlyList<string> inputs, IReadOnlyList<double> weights, ulong seed)
    {
        RowMix mix = new(seed);
        if (weights.Count == 0)
        {
            return mix;
        }

        if (weights.Count != inputs.Count)
        {
            throw new MttException(
                $"{Counted.Of(weights.Count, "weight")} for {Counted.Of(inputs.Count, "file")}",
                "Give each file one, in their order."
            );
        }

        foreach ((string input, double weight) in inputs.Zip(weights))
        {
            if (!mix._weights.TryAdd(input, weight))
            {
                throw new MttException($"{input}: is named twice", "Name it once, with the sum of its weights.");
            }
        }

        return mix;
    }

    /// <summary>How often a row is written.</summary>
    /// <param name="file">Its file.</param>
    /// <param name="hash">The hash of the conversation: the same rows are taken whatever stands around them.</param>
    public int CopiesOf(string file, ulong hash)
    {
        if (!_weights.TryGetValue(file, out double weight))
        {
            return 1;
        }

        double whole = Math.Floor(weight);
        double place = (StableHash.Combine(StableHash.Mix(_seed + Stream), hash) >> 11) * (1.0 / (1UL << 53));
        return (int)whole + (place < weight - whole ? 1 : 0);
    }
}
