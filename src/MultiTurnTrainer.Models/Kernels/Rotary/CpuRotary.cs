using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Kernels.Rotary;

/// <summary>The processor's backend: fp32 inside, tokens spread over the cores.</summary>
internal static unsafe class CpuRotary
{
    public static void Rotate(torch.Tensor x, torch.Tensor cosine, torch.Tensor sine, torch.Tensor y, float sign)
    {
        if (x.dtype == torch.bfloat16)
        {
            Rotate<Bf16>(x, cosine, sine, y, sign);
        }
        else
        {
            Rotate<Fp32>(x, cosine, sine, y, sign);
        }
    }

    private static void Rotate<T>(torch.Tensor x, torch.Tensor cosine, torch.Tensor sine, torch.Tensor y, float sign)
        where T : struct, IElement
    {
        int heads = (int)x.size(1);
        int width = (int)x.size(2);
        int half = (int)cosine.size(-1);
        nint px = (nint)TensorMemory.Pointer(x);
        nint pc = (nint)TensorMemory.Pointer(cosine);
        nint ps = (nint)TensorMemory.Pointer(sine);
        nint py = (nint)TensorMemory.Pointer(y);
        Workers.For(
            x.size(0),
            (long)heads * width,
            (from, to) =>
            {
                for (long token = from; token < to; token++)
                {
                    for (int head = 0; head < heads; head++)
                    {
                        long at = ((token * heads) + head) * width;
                        RotateHead<T>((void*)px, (void*)pc, (void*)ps, (void*)py, at, token * half, half, sign);
                        for (long i = at + (2 * half); i < at + width; i++)
                        {
                            T.Store1((void*)py, i, T.Load1((void*)px, i));
                        }
                    }
                }
            }
        );
        Workers.KeepAlive(x, cosine, sine, y);
    }

    // One head from x[at] on, by the angles from [angle] on.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RotateHead<T>(
        void* x,
        void* cosine,
        void* sine,
        void* y,
        long at,
        long angle,
        int half,
        float sign
    )
        where T : struct, IElement
    {
        int i = 0;
        for (; i <= half - Simd.Width; i += Simd.Width)
        {
            Vector512<float> c = T.Load(cosine, angle + i);
            Vector512<float> s = T.Load(sine, angle + i) * sign;
            Vector512<float> a = T.Load(x, at + i);
            Vector512<float> b = T.Load(x, at + half + i);
            T.Store(y, at + i, (a * c) - (b * s));
            T.Store(y, at + half + i, (b * c) + (a * s));
        }

        for (; i < half; i++)
        {
            float c = T.Load1(cosine, angle + i);
            float s = T.Load1(sine, angle + i) * sign;
            float a = T.Load1(x, at + i);
            float b = T.Load1(x, at + half + i);
            T.Store1(y, at + i, (a * c) - (b * s));
            T.Store1(y, at + half + i, (b * c) + (a * s));
        }
    }
}
