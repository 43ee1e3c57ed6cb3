using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Kernels.Dropout;

/// <summary>
/// The processor's backend: sixteen entries at a time, rows spread over the cores. An entry's random number is a hash of its column under
/// two keys of its row.
/// </summary>
internal static unsafe class CpuDropout
{
    public static void Apply(torch.Tensor x, torch.Tensor y, ulong seed, double share, float gain)
    {
        if (x.dtype == torch.bfloat16)
        {
            Apply<Bf16>(x, y, seed, share, gain);
        }
        else
        {
            Apply<Fp32>(x, y, seed, share, gain);
        }
    }

    private static void Apply<T>(torch.Tensor x, torch.Tensor y, ulong seed, double share, float gain)
        where T : struct, IElement
    {
        int width = checked((int)x.size(-1));
        uint least = (uint)Math.Min(uint.MaxValue, Math.Round(share * (1L << 32)));
        nint px = (nint)TensorMemory.Pointer(x);
        nint py = (nint)TensorMemory.Pointer(y);
        Workers.For(
            x.numel() / width,
            width,
            (from, to) =>
            {
                for (long row = from; row < to; row++)
                {
                    ulong keys = NamedRandom.Create(seed, (ulong)row).Next();
                    ApplyRow<T>((void*)px, (void*)py, row * width, width, (uint)keys, (uint)(keys >> 32), least, gain);
                }
            }
        );
        Workers.KeepAlive(x, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ApplyRow<T>(
        void* x,
        void* y,
        long start,
        int width,
        uint key,
        uint second,
        uint least,
        float gain
    )
        where T : struct, IElement
    {
        int i = 0;
        for (; i <= width - Simd.Width; i += Simd.Width)
        {
            Vector512<uint> columns = Vector512.Create((uint)i) + Vector512<uint>.Indices;
            Vector512<uint> random = Mix(Mix(columns ^ Vector512.Create(key)) + Vector512.Create(second));
            Vector512<float> kept = Vector512.GreaterThanOrEqual(random, Vector512.Create(least)).AsSingle();
            T.Store(y, start + i, (T.Load(x, start + i) * gain) & kept);
        }

        for (; i < width; i++)
        {
            bool kept = Mix(Mix((uint)i ^ key) + second) >= least;
            T.Store1(y, start + i, kept ? T.Load1(x, start + i) * gain : 0);
        }
    }

    // Every bit of the result depends on every bit of x (C. Wellons, "Prospecting for hash functions", lowbias32).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Mix(Vector512<uint> x)
    {
        x = (x ^ (x >>> 16)) * Vector512.Create(0x7feb352du);
        x = (x ^ (x >>> 15)) * Vector512.Create(0x846ca68bu);
        return x ^ (x >>> 16);
    }

    private static uint Mix(uint x)
    {
        x = unchecked((x ^ (x >> 16)) * 0x7feb352d);
        x = unchecked((x ^ (x >> 15)) * 0x846ca68b);
        return x ^ (x >> 16);
    }
}
