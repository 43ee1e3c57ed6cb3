// Folder Packing: lays rows into sequences of a length.
// Refuses to know: roles, text, labels.

namespace MultiTurnTrainer.Datasets.Packing;

/// <summary>Which rows share a pack. A row is never split and stands in exactly one pack.</summary>
/// <param name="Capacity">The most tokens a pack may hold.</param>
/// <param name="Packs">Row numbers per pack, ascending; packs in the order of their first row.</param>
/// <param name="Tokens">The tokens of all rows.</param>
public sealed record PackingPlan(int Capacity, IReadOnlyList<int[]> Packs, long Tokens)
{
    /// <summary>Share of the packs' places that hold a token, 0 to 1.</summary>
    public double Efficiency => Packs.Count == 0 ? 1 : Tokens / ((double)Capacity * Packs.Count);

    /// <summary>SHA-256 over capacity, pack sizes and row numbers.</summary>
    public string Hash()
    {
        using MemoryStream bytes = new();
        Span<byte> number = stackalloc byte[4];
        Append(bytes, number, Capacity);
        foreach (int[] pack in Packs)
        {
            Append(bytes, number, pack.Length);
            foreach (int row in pack)
            {
                Append(bytes, number, row);
            }
        }

        return ContentHash.Of(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    /// <summary>The plan for a manifest: capacity, efficiency, hash and the packs themselves.</summary>
    public JsonFields Describe() =>
        new()
        {
            ["algorithm"] = "best-fit-decreasing",
            ["capacity"] = Capacity,
            ["packs"] = Packs.Count,
            ["efficiency"] = Math.Round(Efficiency, 6),
            ["sha256"] = Hash(),
            ["rows"] = Packs,
        };

    private static void Append(MemoryStream bytes, Span<byte> scratch, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(scratch, value);
        bytes.Write(scratch);
    }
}
