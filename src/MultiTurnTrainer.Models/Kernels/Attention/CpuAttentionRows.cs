using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MultiTurnTrainer.LibTorch.Providers;
using MultiTurnTrainer.Models.Kernels.Cpu;
using TorchSharp;

namespace MultiTurnTrainer.Models.Kernels.Attention;

/// <summary>
/// What stands between attention's products, in place and in one pass per row: scale, cap, mask and softmax; and their
/// backward. Hidden keys are never looked at. fp32 inside, rows spread over the cores.
/// </summary>
internal static unsafe class CpuAttentionRows
{
    /// <summary>Scores become weights; their log-sum-exp is kept for the backward.</summary>
    /// <param name="scores">[key heads, group · queries, keys], contiguous.</param>
    /// <param name="lse">[key heads · group · queries] fp32, written.</param>
    /// <param name="shape">Which keys each row sees.</param>
    public static void Softmax(torch.Tensor scores, torch.Tensor lse, AttentionShape shape)
    {
        nint ps = (nint)TensorMemory.Pointer(scores);
        nint pl = (nint)TensorMemory.Pointer(lse);
        bool half = scores.dtype == torch.bfloat16;
        int keys = shape.Keys;
        Workers.For(
            lse.numel(),
            keys * 2L,
            (from, to) =>
            {
                float[] buffer = new float[keys];
                fixed (float* wide = buffer)
                {
                    for (long row = from; row < to; row++)
                    {
                        (int first, int end) = shape.Visible(row);
                        int count = end - first;
                        float* line = half ? wide : (float*)ps + (row * keys) + first;
                        ushort* narrow = (ushort*)ps + (row * keys);
                        if (half)
                        {
                            Simd.Widen(narrow + first, wide, count);
                        }

                        Transform(line, count, shape);
                        float max = Max(line, count);
                        float sum = Exponentials(line, count, max);
                        ((float*)pl)[row] = max + MathF.Log(sum);
                        Multiply(line, count, 1 / sum);
                        if (half)
                        {
                            Simd.Narrow(wide, narrow + first, count);
                            new Span<ushort>(narrow, first).Clear();
                            new Span<ushort>(narrow + end, keys - end).Clear();
                        }
                        else
                        {
                            new Span<float>((float*)ps + (row * keys), first).Clear();
                            new Span<float>((float*)ps + (row * keys) + end, keys - end).Clear();
                        }
                    }
                }
            }
        );
        GC.KeepAlive(scores);
        GC.KeepAlive(lse);
    }

    /// <summary>Scores become weights again, and gradients of the weights become gradients of the scores.</summary>
    /// <param name="scores">As in <see cref="Softmax"/>; hold the weights afterwards.</param>
    /// <param name="gradient">d(weights), of the same shape; holds d(scores) afterwards.</param>
    /// <param name="lse">As the forward left it.</param>
    /// <param name="shape">Which keys each row sees.</param>
    public static void Backward(torch.Tensor scores, torch.Tensor gradient, torch.Tensor lse, AttentionShape shape)
    {
        nint ps = (nint)TensorMemory.Pointer(scores);
        nint pg = (nint)TensorMemory.Pointer(gradient);
        nint pl = (nint)TensorMemory.Pointer(lse);
        bool half = scores.dtype == torch.bfloat16;
        int keys = shape.Keys;
        Workers.For(
            lse.numel(),
            keys * 3L,
            (from, to) =>
            {
                float[] buffer = new float[3 * keys];
                fixed (float* wide = buffer)
                {
                    for (long row = from; row < to; row++)
                    {
                        (int first, int end) = shape.Visible(row);
                        int count = end - first;
                        long at = row * keys;
                        float* weights = half ? wide : (float*)ps + at + first;
                        float* slopes = half ? wide + keys : (float*)pg + at + first;
                        float* caps = shape.Softcap > 0 ? wide + (2 * keys) : null;
                        if (half)
                        {
                            Simd.Widen((ushort*)ps + at + first, weights, count);
                            Simd.Widen((ushort*)pg + at + first, slopes, count);
                        }

                        Transform(weights, count, shape);
                        if (caps != null)
                        {
                            new ReadOnlySpan<float>(weights, count).CopyTo(new Span<float>(caps, count));
                        }

                        _ = Exponentials(weights, count, ((float*)pl)[row]);
                        Slopes(weights, slopes, caps, count, shape);
                        if (half)
                        {
                            Simd.Narrow(weights, (ushort*)ps + at + first, count);
                            Simd.Narrow(slopes, (ushort*)pg + at + first, count);
                            Clear((ushort*)ps + at, (ushort*)pg + at, first, end, keys);
                        }
                        else
                        {
                            Clear((float*)ps + at, (float*)pg + at, first, end, keys);
                        }
                    }
                }
            }
        );
        GC.KeepAlive(scores);
        GC.KeepAlive(gradient);
        GC.KeepAlive(lse);
    }

    private static void Clear<T>(T* a, T* b, int first, int end, int keys)
        where T : unmanaged
    {
        new Span<T>(a, first).Clear();
        new Span<T>(b, first).Clear();
        new Span<T>(a + end, keys - end).Clear();
        new Span<T>(b + end, keys - end).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transform(float* line, int count, AttentionShape shape)
    {
        Multiply(line, count, shape.Scale);
        if (shape.Softcap == 0)
        {
            return;
        }

        Vector512<float> inverse = Vector512.Create(1 / shape.Softcap);
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            (Simd.Tanh(Simd.Load(line + i) * inverse) * shape.Softcap).Store(line + i);
        }

        for (; i < count; i++)
        {
            line[i] = shape.Softcap * MathF.Tanh(line[i] / shape.Softcap);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(float* line, int count, float factor)
    {
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            (Simd.Load(line + i) * factor).Store(line + i);
        }

        for (; i < count; i++)
        {
            line[i] *= factor;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Max(float* line, int count)
    {
        Vector512<float> most = Vector512.Create(float.NegativeInfinity);
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            most = Vector512.Max(most, Simd.Load(line + i));
        }

        float max = float.NegativeInfinity;
        for (int lane = 0; lane < Simd.Width; lane++)
        {
            max = MathF.Max(max, most[lane]);
        }

        for (; i < count; i++)
        {
            max = MathF.Max(max, line[i]);
        }

        return max;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Exponentials(float* line, int count, float shift)
    {
        Vector512<float> minus = Vector512.Create(shift);
        Vector512<float> sum = Vector512<float>.Zero;
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            Vector512<float> e = Simd.Exp(Simd.Load(line + i) - minus);
            sum += e;
            e.Store(line + i);
        }

        float total = Vector512.Sum(sum);
        for (; i < count; i++)
        {
            line[i] = MathF.Exp(line[i] - shift);
            total += line[i];
        }

        return total;
    }

    // ds = p (dp - sum(p dp)) scale, times the cap's own slope 1 - (s / cap)².
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Slopes(float* weights, float* slopes, float* caps, int count, AttentionShape shape)
    {
        Vector512<float> sum = Vector512<float>.Zero;
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            sum = Vector512.FusedMultiplyAdd(Simd.Load(weights + i), Simd.Load(slopes + i), sum);
        }

        float total = Vector512.Sum(sum);
        for (; i < count; i++)
        {
            total += weights[i] * slopes[i];
        }

        Vector512<float> minus = Vector512.Create(total);
        for (i = 0; i <= count - Simd.Width; i += Simd.Width)
        {
            (Simd.Load(weights + i) * (Simd.Load(slopes + i) - minus) * shape.Scale).Store(slopes + i);
        }

        for (; i < count; i++)
        {
            slopes[i] = weights[i] * (slopes[i] - total) * shape.Scale;
        }

        if (caps == null)
        {
            return;
        }

        for (i = 0; i < count; i++)
        {
            float bent = caps[i] / shape.Softcap;
            slopes[i] *= 1 - (bent * bent);
        }
    }
}
