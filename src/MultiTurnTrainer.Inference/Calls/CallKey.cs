namespace MultiTurnTrainer.Inference.Calls;

/// <summary>The place of one call in a run; no two calls of a run share one.</summary>
/// <param name="Item">The index of the seed in the input, from 0.</param>
/// <param name="Step">The place within the dialogue, such as <c>r2/reviewer1</c>.</param>
/// <param name="Attempt">0, or the number of the repair.</param>
internal readonly record struct CallKey(int Item, string Step, int Attempt = 0)
{
    /// <summary>The sampling seed of this call: 31 bits of a hash, so that every place draws for itself.</summary>
    public int SamplingSeed(int runSeed) =>
        (int)(BinaryPrimitives.ReadUInt32LittleEndian(Digest(runSeed, "sampling")) & 0x7FFF_FFFF);

    /// <summary>A word for this place that a text written earlier cannot know.</summary>
    /// <param name="runSeed">The run's seed.</param>
    /// <param name="number">Counts up where a text holds the word all the same.</param>
    public string Boundary(int runSeed, int number) =>
        Convert.ToHexStringLower(
            Digest(runSeed, $"boundary {number.ToString(CultureInfo.InvariantCulture)}").AsSpan(0, 6)
        );

    /// <inheritdoc/>
    public override string ToString() => Invariant($"{Item}/{Step}#{Attempt}");

    private byte[] Digest(int runSeed, string use) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(Invariant($"{runSeed}|{use}|{this}")));
}
