namespace MultiTurnTrainer.Models.Gguf;

/// <summary>
/// Blocks of quantised numbers as single precision, bit for bit as ggml's reference has them. In a block of 32 the first half of the
/// values stands in the low nibbles and the second in the high ones.
/// </summary>
internal static class Dequantiser
{
    private static readonly sbyte[] _uneven =
    [
        -127,
        -104,
        -83,
        -65,
        -49,
        -35,
        -22,
        -10,
        1,
        13,
        25,
        38,
        53,
        69,
        89,
        113,
    ];

    // Doubled, so that halves are whole.
    private static readonly float[] _microFloats = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    private delegate void Block(ReadOnlySpan<byte> block, Span<float> values);

    /// <summary>Dequantises whole blocks.</summary>
    public static void Run(GgufType type, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        switch (type)
        {
            case GgufType.F32:
                blocks.CopyTo(MemoryMarshal.AsBytes(values));
                return;
            case GgufType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(blocks), values);
                return;
            case GgufType.BF16:
                ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(blocks);
                for (int i = 0; i < upper.Length; i++)
                {
                    values[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                }

                return;
        }

        Block one = Find(type);
        for (int at = 0, from = 0; at < values.Length; at += type.BlockValues(), from += type.BlockBytes())
        {
            one(blocks.Slice(from, type.BlockBytes()), values.Slice(at, type.BlockValues()));
        }
    }

    private static Block Find(GgufType type) =>
        type switch
        {
            GgufType.Q4_0 => Q4_0,
            GgufType.Q4_1 => Q4_1,
            GgufType.Q5_0 => Q5_0,
            GgufType.Q5_1 => Q5_1,
            GgufType.Q8_0 => Q8_0,
            GgufType.Q2_K => Q2_K,
            GgufType.Q3_K => Q3_K,
            GgufType.Q4_K => Q4_K,
            GgufType.Q5_K => Q5_K,
            GgufType.Q6_K => Q6_K,
            GgufType.IQ4_NL => IQ4_NL,
            GgufType.IQ4_XS => IQ4_XS,
            GgufType.MXFP4 => MXFP4,
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };

    private static float Scale(ReadOnlySpan<byte> block, int at) =>
        (float)BinaryPrimitives.ReadHalfLittleEndian(block[at..]);

    private static int Nibble(ReadOnlySpan<byte> bytes, int value) =>
        value < 16 ? bytes[value] & 15 : bytes[value - 16] >> 4;

    private static void Q4_0(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Scale(block, 0);
        for (int i = 0; i < 32; i++)
        {
            values[i] = scale * (Nibble(block[2..], i) - 8);
        }
    }

    private static void Q4_1(ReadOnlySpan<byte> block, Span<float> values)
    {
        (float scale, float least) = (Scale(block, 0), Scale(block, 2));
        for (int i = 0; i < 32; i++)
        {
            values[i] = (scale * Nibble(block[4..], i)) + least;
        }
    }

    private static void Q5_0(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Scale(block, 0);
        uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[2..]);
        for (int i = 0; i < 32; i++)
        {
            values[i] = scale * ((Nibble(block[6..], i) | (int)(((fifth >> i) & 1) << 4)) - 16);
        }
    }

    private static void Q5_1(ReadOnlySpan<byte> block, Span<float> values)
    {
        (float scale, float least) = (Scale(block, 0), Scale(block, 2));
        uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        for (int i = 0; i < 32; i++)
        {
            values[i] = (scale * (Nibble(block[8..], i) | (int)(((fifth >> i) & 1) << 4))) + least;
        }
    }

    private static void Q8_0(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Scale(block, 0);
        for (int i = 0; i < 32; i++)
        {
            values[i] = scale * (sbyte)block[2 + i];
        }
    }

    private static void Q2_K(ReadOnlySpan<byte> block, Span<float> values)
    {
        (float scale, float least) = (Scale(block, 80), Scale(block, 82));
        for (int i = 0; i < 256; i++)
        {
            int both = block[i / 16];
            int code = (block[16 + (32 * (i / 128)) + (i % 32)] >> (2 * (i % 128 / 32))) & 3;
            values[i] = (scale * (both & 15) * code) - (least * (both >> 4));
        }
    }

    private static void Q3_K(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Scale(block, 108);
        ReadOnlySpan<byte> packed = block[96..108];
        for (int i = 0; i < 256; i++)
        {
            int group = i / 16;
            int low = (packed[group % 8] >> (4 * (group / 8))) & 15;
            int high = (packed[8 + (group % 4)] >> (2 * (group / 4))) & 3;
            int code = (block[32 + (32 * (i / 128)) + (i % 32)] >> (2 * (i % 128 / 32))) & 3;
            int third = ((block[i % 32] >> (i / 32)) & 1) == 0 ? 4 : 0;
            values[i] = scale * ((low | (high << 4)) - 32) * (code - third);
        }
    }

    private static void Q4_K(ReadOnlySpan<byte> block, Span<float> values)
    {
        (float scale, float least) = (Scale(block, 0), Scale(block, 2));
        for (int group = 0; group < 8; group++)
        {
            (int factor, int offset) = SixBits(block[4..16], group);
            (float step, float floor) = (scale * factor, least * offset);
            for (int i = 0; i < 32; i++)
            {
                int code = (block[16 + (32 * (group / 2)) + i] >> (4 * (group % 2))) & 15;
                values[(32 * group) + i] = (step * code) - floor;
            }
        }
    }

    private static void Q5_K(ReadOnlySpan<byte> block, Span<float> values)
    {
        (float scale, float least) = (Scale(block, 0), Scale(block, 2));
        for (int group = 0; group < 8; group++)
        {
            (int factor, int offset) = SixBits(block[4..16], group);
            (float step, float floor) = (scale * factor, least * offset);
            for (int i = 0; i < 32; i++)
            {
                int low = (block[48 + (32 * (group / 2)) + i] >> (4 * (group % 2))) & 15;
                int code = low | (((block[16 + i] >> group) & 1) << 4);
                values[(32 * group) + i] = (step * code) - floor;
            }
        }
    }

    private static void Q6_K(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Scale(block, 208);
        for (int i = 0; i < 256; i++)
        {
            (int half, int quarter, int l) = (i / 128, i % 128 / 32, i % 32);
            int both = block[(64 * half) + (32 * (quarter % 2)) + l];
            int low = quarter < 2 ? both & 15 : both >> 4;
            int high = (block[128 + (32 * half) + l] >> (2 * quarter)) & 3;
            values[i] = scale * (sbyte)block[192 + (i / 16)] * ((low | (high << 4)) - 32);
        }
    }

    private static void IQ4_NL(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Scale(block, 0);
        for (int i = 0; i < 32; i++)
        {
            values[i] = scale * _uneven[Nibble(block[2..], i)];
        }
    }

    private static void IQ4_XS(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Scale(block, 0);
        int high = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        for (int group = 0; group < 8; group++)
        {
            int low = (block[4 + (group / 2)] >> (4 * (group % 2))) & 15;
            float step = scale * ((low | (((high >> (2 * group)) & 3) << 4)) - 32);
            for (int i = 0; i < 32; i++)
            {
                values[(32 * group) + i] = step * _uneven[Nibble(block[(8 + (16 * group))..], i)];
            }
        }
    }

    private static void MXFP4(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = (float)Math.ScaleB(1, block[0] - 128);
        for (int i = 0; i < 32; i++)
        {
            values[i] = scale * _microFloats[Nibble(block[1..], i)];
        }
    }

    /// <summary>The scale and the least value of one of eight groups: six bits each, twelve bytes together.</summary>
    private static (int Scale, int Least) SixBits(ReadOnlySpan<byte> packed, int group) =>
        group < 4
            ? (packed[group] & 63, packed[group + 4] & 63)
            : (
                (packed[group + 4] & 15) | (packed[group - 4] >> 6 << 4),
                (packed[group + 4] >> 4) | (packed[group] >> 6 << 4)
            );
}
