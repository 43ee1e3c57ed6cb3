using MultiTurnTrainer.Models.Kernels.Dequantise;

namespace MultiTurnTrainer.Models.Quantisation;

/// <summary>Makes codes of weights, byte for byte as bitsandbytes does on a CPU: blocks of 64 of the flat matrix, scales in blocks of 256.</summary>
internal static class FourBitQuantiser
{
    // bitsandbytes' defaults: values that share a scale, and scales that share one of their own.
    private const int Block = 64;
    private const int ScaleBlock = 256;

    // Widened a piece at a time: the matrix is never there in fp32.
    private const int Piece = 1 << 20;

    // bitsandbytes' least scale: its inverse is still a number.
    private const float Least = 1e-38f;

    /// <summary>A matrix [o, i] of the processor as codes, outside every scope.</summary>
    public static QuantisedMatrix Run(Tensor matrix, FourBitOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        long count = matrix.numel();
        FourBitCodes table = FourBitCodes.Of(options.Type);
        Tensor codes = empty([(count + 1) / 2], ScalarType.Byte);
        Tensor scales = empty([(count + Block - 1) / Block], float32);
        Tensor flat = matrix.contiguous().view(-1);
        for (long done = 0; done < count; done += Piece)
        {
            using DisposeScope piece = NewDisposeScope();
            int length = (int)Math.Min(Piece, count - done);
            Encode(
                flat.narrow(0, done, length).to(float32),
                table,
                codes.narrow(0, done / 2, (length + 1) / 2),
                scales.narrow(0, done / Block, (length + Block - 1) / Block)
            );
        }

        return new QuantisedMatrix(
            codes.DetachFromDisposeScope(),
            tensor(FourBitCodes.Pairs(table.Values), [256, 2]).DetachFromDisposeScope(),
            options.DoubleQuantisation ? EncodeScales(scales) : new BlockScales(scales.DetachFromDisposeScope()),
            BlockGrid.Flat(count, Block),
            matrix.size(0),
            matrix.size(1)
        );
    }

    private static unsafe void Encode(Tensor values, FourBitCodes table, Tensor codes, Tensor scales)
    {
        float* source = (float*)TensorMemory.Pointer(values);
        byte* target = (byte*)TensorMemory.Pointer(codes);
        float* largest = (float*)TensorMemory.Pointer(scales);
        int count = (int)values.numel();
        TorchThreads.For(
            scales.numel(),
            block =>
            {
                int first = (int)block * Block;
                int length = Math.Min(Block, count - first);
                largest[block] = Encode(
                    new ReadOnlySpan<float>(source + first, length),
                    table,
                    new Span<byte>(target + (first / 2), (length + 1) / 2)
                );
            }
        );
        GC.KeepAlive(values);
        GC.KeepAlive(codes);
        GC.KeepAlive(scales);
    }

    /// <summary>Writes a block's codes, two a byte, the first in the upper four bits.</summary>
    /// <returns>The block's scale.</returns>
    private static float Encode(ReadOnlySpan<float> values, FourBitCodes table, Span<byte> codes)
    {
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude(values));
        float inverse = 1 / MathF.Max(largest, Least);
        for (int i = 0; i < values.Length; i += 2)
        {
            byte high = table.Code(values[i] * inverse);
            byte low = table.Code(i + 1 < values.Length ? values[i + 1] * inverse : 0);
            codes[i / 2] = (byte)((high << 4) | low);
        }

        return largest;
    }

    private static BlockScales EncodeScales(Tensor scales)
    {
        using DisposeScope scope = NewDisposeScope();
        float mean = CascadeMean.Of(MemoryMarshal.Cast<byte, float>(scales.bytes));
        Tensor rest = scales - mean;
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(rest.bytes);
        Tensor codes = empty([values.Length], ScalarType.Byte);
        float[] largest = new float[(values.Length + ScaleBlock - 1) / ScaleBlock];
        Span<byte> target = codes.bytes;
        for (int block = 0; block < largest.Length; block++)
        {
            int first = block * ScaleBlock;
            ReadOnlySpan<float> part = values.Slice(first, Math.Min(ScaleBlock, values.Length - first));
            largest[block] = MathF.Abs(TensorPrimitives.MaxMagnitude(part));
            float inverse = 1 / largest[block];
            for (int i = 0; i < part.Length; i++)
            {
                target[first + i] = largest[block] == 0 ? (byte)0 : DynamicMap.Nearest(part[i] * inverse);
            }
        }

        QuantisedMatrix nested = new(
            codes.DetachFromDisposeScope(),
            tensor(DynamicMap.Values, [256, 1]).DetachFromDisposeScope(),
            new BlockScales(tensor(largest).DetachFromDisposeScope()),
            BlockGrid.Flat(values.Length, ScaleBlock),
            1,
            values.Length
        );
        return new BlockScales(nested, mean);
    }
}
