using System.Buffers.Binary;
using System.Numerics;

namespace MultiTurnTrainer.Datasets.Parquet.Encodings;

/// <summary>
/// Writes DELTA_BINARY_PACKED: blocks of differences, each group of 32 in as few bits as its largest needs. Token ids take
/// about 18 bits, stretches of one label almost nothing, and no compressor has to look at them again.
/// </summary>
internal static class DeltaEncoder
{
    private const int BlockSize = 128;
    private const int Miniblocks = 4;
    private const int PerMiniblock = BlockSize / Miniblocks;

    /// <summary>Appends the encoded numbers.</summary>
    public static void Encode(ReadOnlySpan<int> values, List<byte> output)
    {
        Varint.Write(output, BlockSize);
        Varint.Write(output, Miniblocks);
        Varint.Write(output, (ulong)values.Length);
        WriteZigZag(output, values.IsEmpty ? 0 : values[0]);
        Span<long> deltas = stackalloc long[BlockSize];
        for (int at = 1; at < values.Length; at += BlockSize)
        {
            int count = Math.Min(BlockSize, values.Length - at);
            long least = long.MaxValue;
            for (int i = 0; i < count; i++)
            {
                deltas[i] = (long)values[at + i] - values[at + i - 1];
                least = Math.Min(least, deltas[i]);
            }

            EncodeBlock(deltas[..count], least, output);
        }
    }

    private static void EncodeBlock(Span<long> deltas, long least, List<byte> output)
    {
        WriteZigZag(output, least);
        Span<byte> widths = stackalloc byte[Miniblocks];
        for (int i = 0; i < Miniblocks; i++)
        {
            ulong bits = 0;
            foreach (long delta in Miniblock(deltas, i))
            {
                bits |= (ulong)(delta - least);
            }

            widths[i] = (byte)(64 - BitOperations.LeadingZeroCount(bits));
        }

        output.AddRange(widths);
        for (int i = 0; i < Miniblocks; i++)
        {
            Pack(Miniblock(deltas, i), least, widths[i], output);
        }
    }

    private static Span<long> Miniblock(Span<long> deltas, int index)
    {
        int start = Math.Min(index * PerMiniblock, deltas.Length);
        return deltas[start..Math.Min(start + PerMiniblock, deltas.Length)];
    }

    // A miniblock is always written whole; what lies behind the last value is zero.
    private static void Pack(Span<long> deltas, long least, int width, List<byte> output)
    {
        Span<byte> packed = stackalloc byte[(PerMiniblock * 64 / 8) + 8];
        packed = packed[..((PerMiniblock * width / 8) + 8)];
        packed.Clear();
        int bit = 0;
        foreach (long delta in deltas)
        {
            Span<byte> target = packed[(bit >> 3)..];
            ulong value = (ulong)(delta - least) << (bit & 7);
            BinaryPrimitives.WriteUInt64LittleEndian(target, BinaryPrimitives.ReadUInt64LittleEndian(target) | value);
            bit += width;
        }

        output.AddRange(packed[..^8]);
    }

    private static void WriteZigZag(List<byte> output, long value) =>
        Varint.Write(output, (ulong)(value << 1) ^ (ulong)(value >> 63));
}
