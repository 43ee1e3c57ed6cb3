using System.Numerics;

namespace MultiTurnTrainer.Datasets.Parquet.Encodings;

/// <summary>Writes Parquet's mix of run-length and bit-packed runs.</summary>
internal static class RleHybridEncoder
{
    private const int ShortestRun = 8;

    /// <summary>Appends the encoded numbers (bytes or 32-bit integers, none negative).</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="bitWidth">Bits per number, 0 to 32.</param>
    /// <param name="output">Grows by the runs.</param>
    public static void Encode<T>(ReadOnlySpan<T> values, int bitWidth, List<byte> output)
        where T : unmanaged, IBinaryInteger<T>
    {
        int packedFrom = 0;
        int at = 0;
        while (at < values.Length)
        {
            int run = RunLength(values[at..]);

            // A bit-packed run before this one must hold a multiple of eight numbers: it borrows from the run.
            int borrow = (8 - ((at - packedFrom) % 8)) % 8;
            if (run - borrow < ShortestRun)
            {
                at += run;
                continue;
            }

            Pack(values[packedFrom..(at + borrow)], bitWidth, output);
            Repeat(uint.CreateTruncating(values[at]), run - borrow, bitWidth, output);
            at += run;
            packedFrom = at;
        }

        Pack(values[packedFrom..], bitWidth, output);
    }

    private static int RunLength<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryInteger<T>
    {
        int different = values.IndexOfAnyExcept(values[0]);
        return different < 0 ? values.Length : different;
    }

    private static void Repeat(uint value, int count, int bitWidth, List<byte> output)
    {
        Varint.Write(output, (ulong)count << 1);
        for (int i = 0; i < (bitWidth + 7) / 8; i++)
        {
            output.Add((byte)(value >> (8 * i)));
        }
    }

    private static void Pack<T>(ReadOnlySpan<T> values, int bitWidth, List<byte> output)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (values.IsEmpty)
        {
            return;
        }

        int groups = (values.Length + 7) / 8;
        Varint.Write(output, ((ulong)groups << 1) | 1);
        ulong bits = 0;
        int have = 0;
        for (int i = 0; i < groups * 8; i++)
        {
            bits |= (i < values.Length ? ulong.CreateTruncating(values[i]) : 0UL) << have;
            have += bitWidth;
            while (have >= 8)
            {
                output.Add((byte)bits);
                bits >>= 8;
                have -= 8;
            }
        }
    }
}
