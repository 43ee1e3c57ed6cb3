using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Kernels.CrossEntropy;

/// <summary>
/// The processor's backend: rows spread over the cores, sixteen logits at a time. A row stays in the second-level cache
/// between its three passes (maximum; exponentials and their sum; gradient), so memory is read and written once.
/// </summary>
internal sealed unsafe class CpuRows : IRowKernel
{
    // Sums run in fp32 over a block of this many logits and in double over the blocks.
    private const int Block = 4096;

    public torch.Tensor Run(
        torch.Tensor logits,
        torch.Tensor labels,
        torch.Tensor coefficients,
        torch.Tensor statistics,
        CrossEntropyOptions options,
        torch.ScalarType gradientType
    )
    {
        int vocabulary = checked((int)logits.size(1));
        bool half = logits.dtype == torch.bfloat16;
        bool narrow = !half && gradientType == torch.bfloat16;
        nint line = (nint)TensorMemory.Pointer(logits);
        nint label = (nint)TensorMemory.Pointer(labels);
        nint coefficient = (nint)TensorMemory.Pointer(coefficients);
        nint statistic = (nint)TensorMemory.Pointer(statistics);
        Workers.For(
            logits.size(0),
            vocabulary * 4L,
            (from, to) =>
            {
                float* scratch = half ? (float*)NativeMemory.AlignedAlloc((nuint)vocabulary * sizeof(float), 64) : null;
                for (long i = from; i < to; i++)
                {
                    int y = ((int*)label)[i];
                    float c = ((float*)coefficient)[i];
                    float* s = (float*)statistic + (i * 4);
                    if (half)
                    {
                        ushort* row = (ushort*)line + (i * vocabulary);
                        Simd.Widen(row, scratch, vocabulary);
                        RunRow(scratch, vocabulary, y, c, s, options);
                        if (options.Gradient)
                        {
                            Simd.Narrow(scratch, row, vocabulary);
                        }
                    }
                    else
                    {
                        float* row = (float*)line + (i * vocabulary);
                        RunRow(row, vocabulary, y, c, s, options);
                        if (narrow && options.Gradient)
                        {
                            // Forwards: every store lies before the next load.
                            Simd.Narrow(row, (ushort*)row, vocabulary);
                        }
                    }
                }

                NativeMemory.AlignedFree(scratch);
            }
        );
        Workers.KeepAlive(logits, labels, coefficients, statistics);
        return IRowKernel.GradientOver(logits, gradientType);
    }

    // The target is left out of the sum, so that its p - 1 = -rest / sum keeps its precision near p = 1.
    private static void RunRow(
        float* row,
        int count,
        int label,
        float coefficient,
        float* statistics,
        CrossEntropyOptions options
    )
    {
        float cap = options.SoftCap;
        if (cap > 0)
        {
            Simd.Cap(row, count, cap);
        }

        float max = Simd.Max(row, count);
        float target = row[label];
        double plain = options.LabelSmoothing > 0 ? Sum(row, count) : 0;
        if (options.Metrics)
        {
            statistics[3] = target == max && new ReadOnlySpan<float>(row, label).IndexOf(max) < 0 ? 1 : 0;
        }

        bool keep = options.Gradient && cap == 0;
        row[label] = float.NegativeInfinity;
        (double rest, double weighted) = Exponentiate(row, count, max, keep, options.Metrics);
        double own = Math.Exp((double)target - max);
        double sum = rest + own;
        double logSum = Math.Log(sum);
        double lse = max + logSum;
        statistics[0] = (float)(max - (double)target + logSum + (options.LabelSmoothing * (target - (plain / count))));
        statistics[1] = (float)lse;
        if (options.Metrics)
        {
            weighted += own > 0 ? own * ((double)target - max) : 0;
            statistics[2] = (float)(logSum - (weighted / sum));
        }

        if (!options.Gradient)
        {
            row[label] = target;
            return;
        }

        float gain = coefficient * (float)((1 + (2.0 * options.ZLoss * lse)) / sum);
        float even = options.LabelSmoothing / count;
        double slope = (((2.0 * options.ZLoss * lse * own) - rest) / sum) + options.LabelSmoothing - even;
        if (keep)
        {
            Scale(row, count, gain, coefficient * even);
        }
        else
        {
            row[label] = 0;
            DifferentiateCapped(row, count, max, cap, gain, coefficient * even);
            slope *= 1 - ((double)target / cap * (target / cap));
        }

        row[label] = (float)(coefficient * slope);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(float* row, int count)
    {
        double total = 0;
        int i = 0;
        while (i < count)
        {
            int end = Math.Min(i + Block, count);
            Vector512<float> sum = Vector512<float>.Zero;
            for (; i <= end - Simd.Width; i += Simd.Width)
            {
                sum += Simd.Load(row + i);
            }

            total += Vector512.Sum(sum);
            for (; i < end; i++)
            {
                total += row[i];
            }
        }

        return total;
    }

    // Sum of exp(z - max) and of exp(z - max) (z - max); the exponentials replace the logits where they are kept.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Sum, double Weighted) Exponentiate(float* row, int count, float max, bool keep, bool weigh)
    {
        Vector512<float> shift = Vector512.Create(max);
        double total = 0;
        double weighted = 0;
        int i = 0;
        while (i < count)
        {
            int end = Math.Min(i + Block, count);
            Vector512<float> a = Vector512<float>.Zero;
            Vector512<float> b = Vector512<float>.Zero;
            Vector512<float> w = Vector512<float>.Zero;
            for (; i <= end - (2 * Simd.Width); i += 2 * Simd.Width)
            {
                Vector512<float> z0 = Simd.Load(row + i) - shift;
                Vector512<float> z1 = Simd.Load(row + i + Simd.Width) - shift;
                Vector512<float> e0 = Simd.Exp(z0);
                Vector512<float> e1 = Simd.Exp(z1);
                a += e0;
                b += e1;
                if (weigh)
                {
                    // A logit of minus infinity has probability 0 and no part in the entropy.
                    w += Vector512.Max(z0, Vector512.Create(-1e30f)) * e0;
                    w += Vector512.Max(z1, Vector512.Create(-1e30f)) * e1;
                }

                if (keep)
                {
                    e0.Store(row + i);
                    e1.Store(row + i + Simd.Width);
                }
            }

            total += Vector512.Sum(a + b);
            weighted += Vector512.Sum(w);
            for (; i < end; i++)
            {
                float z = row[i] - max;
                float e = MathF.Exp(z);
                total += e;
                weighted += e > 0 ? e * z : 0;
                if (keep)
                {
                    row[i] = e;
                }
            }
        }

        return (total, weighted);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* row, int count, float factor, float minus)
    {
        Vector512<float> f = Vector512.Create(factor);
        Vector512<float> m = Vector512.Create(-minus);
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            Vector512.FusedMultiplyAdd(Simd.Load(row + i), f, m).Store(row + i);
        }

        for (; i < count; i++)
        {
            row[i] = (row[i] * factor) - minus;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DifferentiateCapped(float* row, int count, float max, float cap, float factor, float minus)
    {
        Vector512<float> shift = Vector512.Create(max);
        Vector512<float> inverse = Vector512.Create(1 / cap);
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            Vector512<float> z = Simd.Load(row + i);
            Vector512<float> t = z * inverse;
            Vector512<float> g = (Simd.Exp(z - shift) * factor) - Vector512.Create(minus);
            (g * (Vector512<float>.One - (t * t))).Store(row + i);
        }

        for (; i < count; i++)
        {
            float t = row[i] / cap;
            row[i] = ((MathF.Exp(row[i] - max) * factor) - minus) * (1 - (t * t));
        }
    }
}
