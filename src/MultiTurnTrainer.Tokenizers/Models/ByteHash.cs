namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>A fast hash of short byte strings. Not for untrusted floods: tables stay half empty and are built once.</summary>
internal static class ByteHash
{
    private const ulong Prime = 0x9E37_79B9_7F4A_7C15;

    /// <summary>The hash of the bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (ulong)bytes.Length * Prime;
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[8..];
        }

        ulong tail = 0;
        if (bytes.Length >= 4)
        {
            tail = MemoryMarshal.Read<uint>(bytes) | ((ulong)MemoryMarshal.Read<uint>(bytes[^4..]) << 32);
        }
        else if (bytes.Length > 0)
        {
            tail = bytes[0] | ((uint)bytes[bytes.Length / 2] << 8) | ((uint)bytes[^1] << 16);
        }

        hash = Mix(hash ^ tail);
        return (uint)(hash ^ (hash >> 32));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong value) => BitOperations.RotateLeft(value * Prime, 29) * 0xBF58_476D_1CE4_E5B9;
}
