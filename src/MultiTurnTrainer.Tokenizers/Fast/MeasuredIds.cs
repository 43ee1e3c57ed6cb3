namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>
/// Ids that carry their token's length in bytes in the upper eight bits, so that whoever wants places needs no table. An
/// id has at most 24 bits; a length of 0 means more than 255 bytes, or not measured.
/// </summary>
internal static class MeasuredIds
{
    private const int LengthShift = 24;
    private const int IdMask = (1 << LengthShift) - 1;

    /// <summary>The longest token whose length fits.</summary>
    public const int LongestToken = 255;

    /// <summary>The id.</summary>
    public static int IdOf(int measured) => measured & IdMask;

    /// <summary>The token's bytes, or 0.</summary>
    public static int LengthOf(int measured) => measured >>> LengthShift;

    /// <summary>Puts a length to an id.</summary>
    public static int Of(int id, int length) => id | (length << LengthShift);

    /// <summary>Leaves the ids alone.</summary>
    public static void Strip(Span<int> ids)
    {
        ref int first = ref MemoryMarshal.GetReference(ids);
        int at = 0;
        for (; at + Vector512<int>.Count <= ids.Length; at += Vector512<int>.Count)
        {
            Vector512<int> some = Vector512.LoadUnsafe(ref first, (nuint)at) & Vector512.Create(IdMask);
            some.StoreUnsafe(ref first, (nuint)at);
        }

        for (; at < ids.Length; at++)
        {
            ids[at] &= IdMask;
        }
    }
}
