using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MultiTurnTrainer.LibTorch.Providers;
using MultiTurnTrainer.Models.Kernels.Cpu;
using TorchSharp;

namespace MultiTurnTrainer.Models.Kernels.Norm;

/// <summary>The processor's face: fp32 inside, rows spread over the cores.</summary>
internal static unsafe class CpuRmsNorm
{
    public static void Forward(
        torch.Tensor x,
        torch.Tensor weight,
        torch.Tensor y,
        torch.Tensor inverse,
        float epsilon,
        bool addsOne
    )
    {
        int width = checked((int)x.size(-1));
        bool half = x.dtype == torch.bfloat16;
        nint px = (nint)TensorMemory.Pointer(x);
        nint py = (nint)TensorMemory.Pointer(y);
        nint pi = (nint)TensorMemory.Pointer(inverse);
        float[] w = Weight(weight, addsOne);
        Workers.For(
            x.numel() / width,
            width,
            (from, to) =>
            {
                float[] buffer = new float[width];
                fixed (float* scale = w)
                fixed (float* wide = buffer)
                {
                    for (long i = from; i < to; i++)
                    {
                        float* source = half ? wide : (float*)px + (i * width);
                        if (half)
                        {
                            Simd.Widen((ushort*)px + (i * width), wide, width);
                        }

                        float r = 1 / MathF.Sqrt((Dot(source, source, width) / width) + epsilon);
                        ((float*)pi)[i] = r;
                        if (half)
                        {
                            Scale(source, scale, (ushort*)py + (i * width), width, r, round: !addsOne);
                        }
                        else
                        {
                            Scale(source, scale, (float*)py + (i * width), width, r);
                        }
                    }
                }
            }
        );
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        GC.KeepAlive(inverse);
    }

    public static void Backward(
        torch.Tensor x,
        torch.Tensor weight,
        torch.Tensor dy,
        torch.Tensor inverse,
        torch.Tensor dx,
        bool addsOne
    )
    {
        int width = checked((int)x.size(-1));
        bool half = x.dtype == torch.bfloat16;
        nint px = (nint)TensorMemory.Pointer(x);
        nint pd = (nint)TensorMemory.Pointer(dy);
        nint pr = (nint)TensorMemory.Pointer(dx);
        nint pi = (nint)TensorMemory.Pointer(inverse);
        float[] w = Weight(weight, addsOne);
        Workers.For(
            x.numel() / width,
            width,
            (from, to) =>
            {
                float[] buffers = new float[3 * width];
                fixed (float* scale = w)
                fixed (float* scratch = buffers)
                {
                    float* g = scratch + (2 * width);
                    for (long i = from; i < to; i++)
                    {
                        float* a = half ? scratch : (float*)px + (i * width);
                        float* d = half ? scratch + width : (float*)pd + (i * width);
                        if (half)
                        {
                            Simd.Widen((ushort*)px + (i * width), a, width);
                            Simd.Widen((ushort*)pd + (i * width), d, width);
                        }

                        float r = ((float*)pi)[i];
                        float pull = WeightedDot(a, d, scale, g, width) * r * r / width;
                        float* result = half ? g : (float*)pr + (i * width);
                        Combine(a, g, result, width, r, pull);
                        if (half)
                        {
                            Simd.Narrow(g, (ushort*)pr + (i * width), width);
                        }
                    }
                }
            }
        );
        GC.KeepAlive(x);
        GC.KeepAlive(dy);
        GC.KeepAlive(dx);
        GC.KeepAlive(inverse);
    }

    private static float[] Weight(torch.Tensor weight, bool addsOne)
    {
        using torch.Tensor wide = weight.to(torch.float32);
        float[] values = wide.data<float>().ToArray();
        return addsOne ? Array.ConvertAll(values, value => value + 1) : values;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(float* a, float* b, int count)
    {
        Vector512<float> sum = Vector512<float>.Zero;
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            sum = Vector512.FusedMultiplyAdd(Simd.Load(a + i), Simd.Load(b + i), sum);
        }

        float total = Vector512.Sum(sum);
        for (; i < count; i++)
        {
            total += a[i] * b[i];
        }

        return total;
    }

    // g = dy w, and its product with x summed.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float WeightedDot(float* x, float* dy, float* weight, float* g, int count)
    {
        Vector512<float> sum = Vector512<float>.Zero;
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            Vector512<float> product = Simd.Load(dy + i) * Simd.Load(weight + i);
            product.Store(g + i);
            sum = Vector512.FusedMultiplyAdd(product, Simd.Load(x + i), sum);
        }

        float total = Vector512.Sum(sum);
        for (; i < count; i++)
        {
            g[i] = dy[i] * weight[i];
            total += g[i] * x[i];
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Combine(float* x, float* g, float* result, int count, float r, float pull)
    {
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            ((Simd.Load(g + i) - (Simd.Load(x + i) * pull)) * r).Store(result + i);
        }

        for (; i < count; i++)
        {
            result[i] = (g[i] - (x[i] * pull)) * r;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* x, float* weight, float* y, int count, float r)
    {
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            (Simd.Load(x + i) * r * Simd.Load(weight + i)).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = x[i] * r * weight[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* x, float* weight, ushort* y, int count, float r, bool round)
    {
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            Vector512<float> normal = Simd.Load(x + i) * r;
            if (round)
            {
                Simd.Store(y + i, normal);
                normal = Simd.Load(y + i);
            }

            Simd.Store(y + i, normal * Simd.Load(weight + i));
        }

        for (; i < count; i++)
        {
            ushort rounded = Simd.ToBf16(x[i] * r);
            float normal = round ? Simd.Load1(&rounded) : x[i] * r;
            y[i] = Simd.ToBf16(normal * weight[i]);
        }
    }
}
