// Folder Rules: what the rules share.
// Refuses to know: files, reports.

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>64-bit hashes that are the same in every run and on every machine.</summary>
internal static class StableHash
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    /// <summary>Hashes bytes: long texts in two lanes that do not wait for each other, then eight at a time.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong seed = 0)
    {
        ulong hash = Mix(seed + Multiplier + (ulong)bytes.Length);
        if (bytes.Length >= 32)
        {
            (ulong left, ulong right) = (hash, ~hash);
            for (; bytes.Length >= 32; bytes = bytes[32..])
            {
                left = Fold(ReadUInt64LittleEndian(bytes) ^ Multiplier, ReadUInt64LittleEndian(bytes[8..]) ^ left);
                right = Fold(
                    ReadUInt64LittleEndian(bytes[16..]) ^ Multiplier,
                    ReadUInt64LittleEndian(bytes[24..]) ^ right
                );
            }

            hash = Combine(left, right);
        }

        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            hash = Mix(hash ^ ReadUInt64LittleEndian(bytes));
        }

        ulong tail = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            tail |= (ulong)bytes[i] << (8 * i);
        }

        return Mix(hash ^ tail);
    }

    /// <summary>Hashes the structure of a JSON Schema: its names, its kinds and its types, not its descriptions.</summary>
    public static ulong OfSchema(JsonTape tape, int schema)
    {
        ulong hash = 0;
        for (int at = schema; at < tape[schema].Next; at++)
        {
            bool isName = tape[at].Kind == JsonKind.Name;
            bool isType =
                tape[at].Kind == JsonKind.String && tape[at - 1].Kind == JsonKind.Name && tape.Is(at - 1, "type"u8);
            hash = Mix(hash + (isName || isType ? Of(tape.Raw(at)) : (ulong)tape[at].Kind + 1));
        }

        return hash;
    }

    /// <summary>One more value.</summary>
    public static ulong Combine(ulong hash, ulong value) => Mix(BitOperations.RotateLeft(hash, 23) ^ value);

    /// <summary>The two halves of the 128-bit product, folded into one.</summary>
    private static ulong Fold(ulong left, ulong right) => Math.BigMul(left, right, out ulong low) ^ low;

    /// <summary>The finaliser of SplitMix64: every input bit reaches every output bit.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
