namespace MultiTurnTrainer.Models.Gguf;

/// <summary>
/// Numbers as blocks. BF16, F16, Q8_0, Q4_0 and Q5_0 are bit for bit what gguf-py makes; Q4_K and Q6_K choose their scales by a search
/// (<see cref="SuperBlocks"/>).
/// </summary>
internal static class Quantiser
{
    private delegate void Block(ReadOnlySpan<float> values, Span<byte> block);

    /// <summary>Quantises a whole number of blocks, on all cores.</summary>
    public static byte[] Run(GgufType type, float[] values)
    {
        byte[] bytes = new byte[values.Length / type.BlockValues() * type.BlockBytes()];
        switch (type)
        {
            case GgufType.F32:
                MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(bytes);
                return bytes;
            case GgufType.F16:
                TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(bytes.AsSpan()));
                return bytes;
            case GgufType.BF16:
                Span<ushort> upper = MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan());
                for (int i = 0; i < values.Length; i++)
                {
                    upper[i] = Upper(values[i]);
                }

                return bytes;
        }

        Block one = Find(type);
        (int count, int size) = (type.BlockValues(), type.BlockBytes());
        Parallel.For(0, values.Length / count, i => one(values.AsSpan(i * count, count), bytes.AsSpan(i * size, size)));
        return bytes;
    }

    private static Block Find(GgufType type) =>
        type switch
        {
            GgufType.Q4_0 => (values, block) => Signed(values, block, 4),
            GgufType.Q5_0 => (values, block) => Signed(values, block, 5),
            GgufType.Q8_0 => Q8_0,
            GgufType.Q4_K => SuperBlocks.Q4_K,
            GgufType.Q6_K => SuperBlocks.Q6_K,
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };

    // To the nearest, ties to even; what is no number stays none.
    private static ushort Upper(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 64) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static void Q8_0(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = Math.Abs(TensorPrimitives.MaxMagnitude(values)) / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        for (int i = 0; i < 32; i++)
        {
            block[2 + i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }

    /// <summary>Q4_0 and Q5_0: the value of largest magnitude becomes the least code.</summary>
    private static void Signed(ReadOnlySpan<float> values, Span<byte> block, int bits)
    {
        int half = 1 << (bits - 1);
        float extreme = values[0]; // a zero keeps its sign, as in gguf-py
        foreach (float value in values)
        {
            extreme = Math.Abs(value) > Math.Abs(extreme) ? value : extreme;
        }

        float scale = extreme / -half;
        float inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        Span<byte> nibbles = block[(bits == 4 ? 2 : 6)..];
        uint fifth = 0;
        for (int i = 0; i < 32; i++)
        {
            // Product and sum are rounded to single precision each, and then what is behind the point goes: ties hang on it.
            int code = Math.Min((2 * half) - 1, (int)((values[i] * inverse) + (half + 0.5f)));
            fifth |= (uint)(code >> 4) << i;
            nibbles[i % 16] = i < 16 ? (byte)(code & 15) : (byte)(nibbles[i % 16] | ((code & 15) << 4));
        }

        if (bits == 5)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(block[2..], fifth);
        }
    }
}
