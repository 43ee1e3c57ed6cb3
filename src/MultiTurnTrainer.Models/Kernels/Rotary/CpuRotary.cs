using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MultiTurnTrainer.LibTorch.Providers;
using MultiTurnTrainer.Models.Kernels.Cpu;
using TorchSharp;

namespace MultiTurnTrainer.Models.Kernels.Rotary;

/// <summary>The processor's face: fp32 inside, tokens spread over the cores.</summary>
internal static unsafe class CpuRotary
{
    public static void Turn(torch.Tensor x, torch.Tensor cosine, torch.Tensor sine, torch.Tensor y, float sign)
    {
        int heads = (int)x.size(1);
        int width = (int)x.size(2);
        int half = (int)cosine.size(-1);
        bool narrow = x.dtype == torch.bfloat16;
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
                        if (narrow)
                        {
                            Head(
                                (ushort*)px + at,
                                (ushort*)pc + (token * half),
                                (ushort*)ps + (token * half),
                                (ushort*)py + at,
                                half,
                                sign
                            );
                            new Span<ushort>((ushort*)px + at + (2 * half), width - (2 * half)).CopyTo(
                                new Span<ushort>((ushort*)py + at + (2 * half), width - (2 * half))
                            );
                        }
                        else
                        {
                            Head(
                                (float*)px + at,
                                (float*)pc + (token * half),
                                (float*)ps + (token * half),
                                (float*)py + at,
                                half,
                                sign
                            );
                            new Span<float>((float*)px + at + (2 * half), width - (2 * half)).CopyTo(
                                new Span<float>((float*)py + at + (2 * half), width - (2 * half))
                            );
                        }
                    }
                }
            }
        );
        GC.KeepAlive(x);
        GC.KeepAlive(cosine);
        GC.KeepAlive(sine);
        GC.KeepAlive(y);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Head(float* x, float* cosine, float* sine, float* y, int half, float sign)
    {
        int i = 0;
        for (; i <= half - Simd.Width; i += Simd.Width)
        {
            Vector512<float> c = Simd.Load(cosine + i);
            Vector512<float> s = Simd.Load(sine + i) * sign;
            Vector512<float> a = Simd.Load(x + i);
            Vector512<float> b = Simd.Load(x + half + i);
            ((a * c) - (b * s)).Store(y + i);
            ((b * c) + (a * s)).Store(y + half + i);
        }

        for (; i < half; i++)
        {
            float s = sine[i] * sign;
            (y[i], y[half + i]) = ((x[i] * cosine[i]) - (x[half + i] * s), (x[half + i] * cosine[i]) + (x[i] * s));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Head(ushort* x, ushort* cosine, ushort* sine, ushort* y, int half, float sign)
    {
        int i = 0;
        for (; i <= half - Simd.Width; i += Simd.Width)
        {
            Vector512<float> c = Simd.Load(cosine + i);
            Vector512<float> s = Simd.Load(sine + i) * sign;
            Vector512<float> a = Simd.Load(x + i);
            Vector512<float> b = Simd.Load(x + half + i);
            Simd.Store(y + i, (a * c) - (b * s));
            Simd.Store(y + half + i, (b * c) + (a * s));
        }

        for (; i < half; i++)
        {
            float c = Simd.Load1(cosine + i);
            float s = Simd.Load1(sine + i) * sign;
            float a = Simd.Load1(x + i);
            float b = Simd.Load1(x + half + i);
            y[i] = Simd.ToBf16((a * c) - (b * s));
            y[half + i] = Simd.ToBf16((b * c) + (a * s));
        }
    }
}
