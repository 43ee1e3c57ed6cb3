// Folder Models: a model from a HuggingFace folder: configuration, weights, adapters, kernels, generation.
// Refuses to know: conversations, templates, training loops.

namespace MultiTurnTrainer.Models;

/// <summary>Streams of random numbers by name, so that a tensor's values follow from the seed and its own name alone.</summary>
internal static class NamedRandom
{
    /// <summary>The stream of a name.</summary>
    public static SeededRandom Create(ulong seed, string name)
    {
        // FNV-1a: string.GetHashCode differs from run to run.
        ulong hash = 14695981039346656037;
        foreach (char c in name)
        {
            hash = unchecked((hash ^ c) * 1099511628211);
        }

        return Create(seed, hash);
    }

    /// <summary>The stream of a number.</summary>
    public static SeededRandom Create(ulong seed, ulong stream) => new(unchecked((long)seed), unchecked((long)stream));

    /// <summary>A standard normal number (Box and Muller).</summary>
    public static double NextNormal(this SeededRandom random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
