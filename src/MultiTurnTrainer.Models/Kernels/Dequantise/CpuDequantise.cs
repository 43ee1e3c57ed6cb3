using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Kernels.Dequantise;

/// <summary>The processor's backend: meanings looked up byte by byte, scaled and rounded sixteen at a time, spread over the cores.</summary>
internal static unsafe class CpuDequantise
{
    // Looked up into a buffer that stays in the first cache.
    private const int Buffer = 512;

    public static void Run(QuantisedMatrix matrix, torch.Tensor scales, torch.Tensor target)
    {
        Source source = new(
            (byte*)TensorMemory.Pointer(matrix.Codes),
            (float*)TensorMemory.Pointer(matrix.Meanings),
            (float*)TensorMemory.Pointer(scales),
            (int)matrix.Meanings.size(1),
            matrix.Factor
        );
        nint result = (nint)TensorMemory.Pointer(target);
        bool half = target.dtype == torch.bfloat16;
        BlockGrid grid = matrix.Grid;
        Workers.For(
            grid.Rows * grid.BlocksAcross,
            Math.Min(grid.BlockColumns, grid.Columns),
            (from, to) =>
            {
                for (long block = from; block < to; block++)
                {
                    long row = block / grid.BlocksAcross;
                    long across = block % grid.BlocksAcross;
                    long column = across * grid.BlockColumns;
                    long first = (row * grid.Columns) + column;
                    long count = Math.Min(grid.BlockColumns, grid.Columns - column);
                    float scale = source.Scales[(row / grid.BlockRows * grid.BlocksAcross) + across];
                    if (half)
                    {
                        Run<Bf16>(source, scale, (void*)result, first, count);
                    }
                    else
                    {
                        Run<Fp32>(source, scale, (void*)result, first, count);
                    }
                }
            }
        );
        Workers.KeepAlive(matrix.Codes, matrix.Meanings, scales, target);
    }

    // A stretch of values with one scale; it begins with a whole byte.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<T>(Source source, float scale, void* target, long first, long count)
        where T : struct, IElement
    {
        float* values = stackalloc float[Buffer];
        Vector512<float> scales = Vector512.Create(scale);
        Vector512<float> factors = Vector512.Create(source.Factor);
        for (long done = 0; done < count; done += Buffer)
        {
            int length = (int)Math.Min(Buffer, count - done);
            LookUp(source, (first + done) / source.PerByte, values, length);
            int i = 0;
            for (; i <= length - Simd.Width; i += Simd.Width)
            {
                T.Store(target, first + done + i, Vector512.Load(values + i) * scales * factors);
            }

            for (; i < length; i++)
            {
                T.Store1(target, first + done + i, values[i] * scale * source.Factor);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LookUp(Source source, long start, float* values, int length)
    {
        byte* codes = source.Codes + start;
        if (source.PerByte == 1)
        {
            for (int i = 0; i < length; i++)
            {
                values[i] = source.Meanings[codes[i]];
            }

            return;
        }

        // Both values of a byte at once; behind an odd count the last one's neighbour is padding, for which the buffer has room.
        ulong* pairs = (ulong*)source.Meanings;
        for (int i = 0; i < (length + 1) / 2; i++)
        {
            ((ulong*)values)[i] = pairs[codes[i]];
        }
    }

    /// <summary>Where the parts of a matrix are.</summary>
    private sealed class Source(byte* codes, float* meanings, float* scales, int perByte, float factor)
    {
        public byte* Codes => codes;

        public float* Meanings => meanings;

        public float* Scales => scales;

        public int PerByte => perByte;

        public float Factor => factor;
    }
}
