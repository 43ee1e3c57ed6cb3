// Folder Decoding: products and attention of one new token a row on the processor.
// Refuses to know: models, caches, sampling.
using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Kernels.Decoding;

/// <summary>
/// Small-batch matmul: products of one to a dozen rows with a large matrix, bound by memory: the matrix is read once for all rows. A dot product
/// is summed in the same order whatever the number of rows, so a row's result does not depend on the batch it is in.
/// </summary>
internal static unsafe class SmallBatchMatmul
{
    /// <summary>Rows of the matrix, and of the input, that are in flight together: 16 sums in registers. Their streams are too short for
    /// the hardware's prefetcher, so each asks for the next tile.</summary>
    private const int Tile = 4;

    /// <summary>y[m, o] = x[m] · w[o].</summary>
    /// <param name="x">[rows, width].</param>
    /// <param name="w">[height, width], fp32 or bf16.</param>
    /// <param name="bf16">Whether the matrix is bf16.</param>
    /// <param name="y">[rows, height].</param>
    /// <param name="rows">Rows of x.</param>
    /// <param name="width">Columns of both.</param>
    /// <param name="height">Rows of w.</param>
    public static void Multiply(float* x, void* w, bool bf16, float* y, int rows, int width, int height)
    {
        int tiles = (height + Tile - 1) / Tile;

        // Against the cost of waking a thread: a few million products, or a megabyte that is not in cache.
        long cost = Math.Max((long)rows * width * Tile / 64, (long)width * Tile / 4);
        Workers.For(
            tiles,
            cost,
            (first, end) =>
            {
                int begin = (int)first * Tile;
                int stop = (int)Math.Min(end * Tile, height);
                if (bf16)
                {
                    MultiplyRange<Bf16>(x, w, y, rows, width, height, begin, stop);
                }
                else
                {
                    MultiplyRange<Fp32>(x, w, y, rows, width, height, begin, stop);
                }
            }
        );
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyRange<T>(
        float* x,
        void* w,
        float* y,
        int rows,
        int width,
        int height,
        int begin,
        int stop
    )
        where T : struct, IElement
    {
        int o = begin;
        for (; o <= stop - Tile; o += Tile)
        {
            int m = 0;
            for (; m <= rows - Tile; m += Tile)
            {
                MultiplyFourByFour<T>(x + ((long)m * width), w, y + ((long)m * height), width, height, o);
            }

            for (; m < rows; m++)
            {
                MultiplyOneByFour<T>(x + ((long)m * width), w, y + ((long)m * height), width, o);
            }
        }

        for (; o < stop; o++)
        {
            for (int m = 0; m < rows; m++)
            {
                y[((long)m * height) + o] = Simd.Dot<T>(x + ((long)m * width), w, (long)o * width, width);
            }
        }
    }

    /// <summary>Four rows by four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyFourByFour<T>(float* x, void* w, float* y, int width, int height, int o)
        where T : struct, IElement
    {
        long w0 = (long)o * width;
        long w1 = w0 + width;
        long w2 = w1 + width;
        long w3 = w2 + width;
        float* x1 = x + width;
        float* x2 = x1 + width;
        float* x3 = x2 + width;
        Vector512<float> s00 = default,
            s01 = default,
            s02 = default,
            s03 = default;
        Vector512<float> s10 = default,
            s11 = default,
            s12 = default,
            s13 = default;
        Vector512<float> s20 = default,
            s21 = default,
            s22 = default,
            s23 = default;
        Vector512<float> s30 = default,
            s31 = default,
            s32 = default,
            s33 = default;
        int i = 0;
        long ahead = (long)Tile * width;
        for (; i <= width - Simd.Width; i += Simd.Width)
        {
            T.Prefetch(w, w0 + ahead + i);
            T.Prefetch(w, w1 + ahead + i);
            T.Prefetch(w, w2 + ahead + i);
            T.Prefetch(w, w3 + ahead + i);
            Vector512<float> a = T.Load(w, w0 + i);
            Vector512<float> b = T.Load(w, w1 + i);
            Vector512<float> c = T.Load(w, w2 + i);
            Vector512<float> d = T.Load(w, w3 + i);
            AddProducts(Vector512.Load(x + i), a, b, c, d, ref s00, ref s01, ref s02, ref s03);
            AddProducts(Vector512.Load(x1 + i), a, b, c, d, ref s10, ref s11, ref s12, ref s13);
            AddProducts(Vector512.Load(x2 + i), a, b, c, d, ref s20, ref s21, ref s22, ref s23);
            AddProducts(Vector512.Load(x3 + i), a, b, c, d, ref s30, ref s31, ref s32, ref s33);
        }

        float* target = y + o;
        StoreSums(target, s00, s01, s02, s03);
        StoreSums(target + height, s10, s11, s12, s13);
        StoreSums(target + (2L * height), s20, s21, s22, s23);
        StoreSums(target + (3L * height), s30, s31, s32, s33);
        for (int m = 0; m < Tile && i < width; m++)
        {
            AddRest<T>(x + ((long)m * width), w, target + ((long)m * height), w0, i, width);
        }
    }

    /// <summary>One row by four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyOneByFour<T>(float* x, void* w, float* y, int width, int o)
        where T : struct, IElement
    {
        long w0 = (long)o * width;
        long w1 = w0 + width;
        long w2 = w1 + width;
        long w3 = w2 + width;
        Vector512<float> s0 = default,
            s1 = default,
            s2 = default,
            s3 = default;
        int i = 0;
        long ahead = (long)Tile * width;
        for (; i <= width - Simd.Width; i += Simd.Width)
        {
            T.Prefetch(w, w0 + ahead + i);
            T.Prefetch(w, w1 + ahead + i);
            T.Prefetch(w, w2 + ahead + i);
            T.Prefetch(w, w3 + ahead + i);
            Vector512<float> v = Vector512.Load(x + i);
            s0 = Vector512.FusedMultiplyAdd(v, T.Load(w, w0 + i), s0);
            s1 = Vector512.FusedMultiplyAdd(v, T.Load(w, w1 + i), s1);
            s2 = Vector512.FusedMultiplyAdd(v, T.Load(w, w2 + i), s2);
            s3 = Vector512.FusedMultiplyAdd(v, T.Load(w, w3 + i), s3);
        }

        StoreSums(y + o, s0, s1, s2, s3);
        if (i < width)
        {
            AddRest<T>(x, w, y + o, w0, i, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddProducts(
        Vector512<float> v,
        Vector512<float> a,
        Vector512<float> b,
        Vector512<float> c,
        Vector512<float> d,
        ref Vector512<float> s0,
        ref Vector512<float> s1,
        ref Vector512<float> s2,
        ref Vector512<float> s3
    )
    {
        s0 = Vector512.FusedMultiplyAdd(v, a, s0);
        s1 = Vector512.FusedMultiplyAdd(v, b, s1);
        s2 = Vector512.FusedMultiplyAdd(v, c, s2);
        s3 = Vector512.FusedMultiplyAdd(v, d, s3);
    }

    // Inlined: a call between the loop and these would keep every sum in memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSums(
        float* target,
        Vector512<float> s0,
        Vector512<float> s1,
        Vector512<float> s2,
        Vector512<float> s3
    )
    {
        target[0] = Vector512.Sum(s0);
        target[1] = Vector512.Sum(s1);
        target[2] = Vector512.Sum(s2);
        target[3] = Vector512.Sum(s3);
    }

    /// <summary>Adds what the vectors left over to four sums.</summary>
    private static void AddRest<T>(float* x, void* w, float* y, long w0, int i, int width)
        where T : struct, IElement
    {
        for (int c = 0; c < Tile; c++)
        {
            y[c] = Simd.AddRest<T>(y[c], x, w, w0 + ((long)c * width), i, width);
        }
    }
}
