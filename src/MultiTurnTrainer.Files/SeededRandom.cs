namespace MultiTurnTrainer.Files;

/// <summary>
/// Random numbers that are the same on every machine and runtime: SplitMix64 (Steele, Lea and Flood, 2014). Two
/// streams with different names never share their numbers.
/// </summary>
/// <param name="seed">The user's seed.</param>
/// <param name="stream">What the numbers are for, such as an epoch.</param>
public sealed class SeededRandom(long seed, long stream = 0)
{
    private ulong _state = Mix((ulong)seed) ^ Mix(unchecked((ulong)stream * 0xD1B54A32D192ED03 + 0x8CB92BA72F3D8DD7));

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        _state = unchecked(_state + 0x9E3779B97F4A7C15);
        return Mix(_state);
    }

    /// <summary>A number from 0 to <paramref name="exclusive"/> − 1, without bias.</summary>
    public int Below(int exclusive)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusive);
        ulong range = (ulong)exclusive;
        ulong limit = ulong.MaxValue - (ulong.MaxValue % range);
        ulong drawn;
        do
        {
            drawn = Next();
        } while (drawn >= limit);

        return (int)(drawn % range);
    }

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Puts items into a random order, each order equally likely (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }
}
