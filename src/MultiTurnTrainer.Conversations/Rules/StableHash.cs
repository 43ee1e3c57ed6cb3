using System.Numerics;
using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Rules;

/// <summary>64-bit hashes that are the same in every run and on every machine.</summary>
internal static class StableHash
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    /// <summary>Hashes bytes, eight at a time.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong seed = 0)
    {
        ulong hash = Mix(seed + Multiplier + (ulong)bytes.Length);
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        ulong tail = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            tail |= (ulong)bytes[i] << (8 * i);
        }

        return Mix(hash ^ tail);
    }

    /// <summary>Hashes the structure of a value: its names and kinds, not its texts.</summary>
    public static ulong OfNames(JsonTape tape, int value)
    {
        ulong hash = 0;
        for (int at = value; at < tape[value].Next; at++)
        {
            bool isName = tape[at].Kind == JsonKind.Name;
            hash = Mix(hash + (isName ? Of(tape.Raw(at)) : (ulong)tape[at].Kind + 1));
        }

        return hash;
    }

    /// <summary>One more value.</summary>
    public static ulong Combine(ulong hash, ulong value) => Mix(BitOperations.RotateLeft(hash, 23) ^ value);

    /// <summary>The finaliser of SplitMix64: every input bit reaches every output bit.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
