namespace MultiTurnTrainer.Datasets.Parquet.Encodings;

/// <summary>Parquet's mix of run-length and bit-packed runs, used for levels and dictionary indices.</summary>
internal static class RleHybrid
{
    /// <summary>Decodes exactly <c>output.Length</c> numbers; returns the bytes consumed.</summary>
    /// <param name="data">The runs.</param>
    /// <param name="bitWidth">Bits per number, 0 to 32.</param>
    /// <param name="output">Receives the numbers.</param>
    public static int Decode(ReadOnlySpan<byte> data, int bitWidth, Span<int> output)
    {
        if (bitWidth is < 0 or > 32)
        {
            throw new InvalidDataException($"a bit width of {bitWidth}");
        }

        int position = 0;
        int filled = 0;
        while (filled < output.Length)
        {
            ulong header = Varint.Read(data, ref position);
            Span<int> rest = output[filled..];
            if ((header & 1) == 0)
            {
                int count = (int)Math.Min(header >> 1, (ulong)rest.Length);
                rest[..count].Fill(ReadValue(data, ref position, (bitWidth + 7) / 8));
                filled += count;
            }
            else
            {
                int count = (int)Math.Min((header >> 1) * 8, (ulong)rest.Length);
                long whole = (long)Math.Min(header >> 1, int.MaxValue) * bitWidth;
                Unpack(data[position..], bitWidth, rest[..count]);
                position = (int)Math.Min(position + whole, data.Length);
                filled += count;
            }
        }

        return position;
    }

    /// <summary>Unpacks numbers stored lowest bit first without gaps.</summary>
    public static void Unpack(ReadOnlySpan<byte> data, int bitWidth, Span<int> output)
    {
        if ((((long)output.Length * bitWidth) + 7) / 8 > data.Length)
        {
            throw new EndOfStreamException();
        }

        ulong mask = bitWidth == 32 ? uint.MaxValue : (1UL << bitWidth) - 1;
        ulong bits = 0;
        int have = 0;
        int next = 0;
        for (int i = 0; i < output.Length; i++)
        {
            while (have < bitWidth)
            {
                bits |= (ulong)data[next++] << have;
                have += 8;
            }

            output[i] = (int)(bits & mask);
            bits >>= bitWidth;
            have -= bitWidth;
        }
    }

    private static int ReadValue(ReadOnlySpan<byte> data, ref int position, int bytes)
    {
        if (bytes > data.Length - position)
        {
            throw new EndOfStreamException();
        }

        uint value = 0;
        for (int i = 0; i < bytes; i++)
        {
            value |= (uint)data[position++] << (8 * i);
        }

        return (int)value;
    }
}
