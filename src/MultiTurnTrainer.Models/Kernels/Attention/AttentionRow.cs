using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Kernels.Attention;

/// <summary>What stands between attention's products, in place on the visible part of one row of scores; fp32.</summary>
internal static unsafe class AttentionRow
{
    /// <summary>Scores become exp(score - their maximum); returns the sum, by which the mixed values are yet to be divided.</summary>
    /// <param name="line">The scores, scaled.</param>
    /// <param name="count">How many.</param>
    /// <param name="cap">Scores become cap · tanh(score / cap) first; 0 where they do not.</param>
    /// <param name="lse">Their log-sum-exp, for the backward.</param>
    public static float Softmax(float* line, int count, float cap, out float lse)
    {
        if (cap > 0)
        {
            Simd.Cap(line, count, cap);
        }

        float max = Simd.Max(line, count);
        float sum = Exponentiate(line, count, max);
        lse = max + MathF.Log(sum);
        return sum;
    }

    /// <summary>Scores become weights, and gradients of the weights become gradients of the scores.</summary>
    /// <param name="scores">As in <see cref="Softmax"/>; hold the weights afterwards.</param>
    /// <param name="slopes">d(weights); hold d(scores) afterwards.</param>
    /// <param name="count">How many.</param>
    /// <param name="lse">As the forward left it.</param>
    /// <param name="cap">The cap, or 0.</param>
    public static void Backward(float* scores, float* slopes, int count, float lse, float cap)
    {
        if (cap == 0)
        {
            _ = Exponentiate(scores, count, lse);
            DifferentiateSoftmax(scores, slopes, count);
            return;
        }

        Simd.Cap(scores, count, cap);
        float* capped = (float*)NativeMemory.Alloc((nuint)count, sizeof(float));
        new ReadOnlySpan<float>(scores, count).CopyTo(new Span<float>(capped, count));
        _ = Exponentiate(scores, count, lse);
        DifferentiateSoftmax(scores, slopes, count);
        DifferentiateCap(slopes, capped, count, cap);
        NativeMemory.Free(capped);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Exponentiate(float* line, int count, float shift)
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

    // ds = p (dp - sum(p dp)).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DifferentiateSoftmax(float* weights, float* slopes, int count)
    {
        float total = Simd.Dot(weights, slopes, count);
        Vector512<float> minus = Vector512.Create(total);
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            (Simd.Load(weights + i) * (Simd.Load(slopes + i) - minus)).Store(slopes + i);
        }

        for (; i < count; i++)
        {
            slopes[i] = weights[i] * (slopes[i] - total);
        }
    }

    // The cap's own slope, 1 - (s / cap)².
    private static void DifferentiateCap(float* slopes, float* scores, int count, float cap)
    {
        for (int i = 0; i < count; i++)
        {
            float bent = scores[i] / cap;
            slopes[i] *= 1 - (bent * bent);
        }
    }
}
