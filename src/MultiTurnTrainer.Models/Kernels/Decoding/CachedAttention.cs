using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Kernels.Decoding;

/// <summary>Attention of one new token over cached keys and values, one head at a time.</summary>
internal static unsafe class CachedAttention
{
    /// <summary>Attends.</summary>
    /// <param name="query">[width].</param>
    /// <param name="keys">[count, width].</param>
    /// <param name="values">[count, width].</param>
    /// <param name="scores">Scratch, [count].</param>
    /// <param name="output">[width].</param>
    /// <param name="count">Keys to look at.</param>
    /// <param name="width">Width of a head.</param>
    /// <param name="scale">The factor on the scores.</param>
    /// <param name="softcap">Scores become cap · tanh(score / cap); 0 where they do not.</param>
    public static void Run(
        float* query,
        float* keys,
        float* values,
        float* scores,
        float* output,
        int count,
        int width,
        float scale,
        float softcap
    )
    {
        for (int t = 0; t < count; t++)
        {
            scores[t] = scale * Simd.Dot(query, keys + ((long)t * width), width);
        }

        Span<float> weights = new(scores, count);
        if (softcap > 0)
        {
            TensorPrimitives.Divide(weights, softcap, weights);
            TensorPrimitives.Tanh(weights, weights);
            TensorPrimitives.Multiply(weights, softcap, weights);
        }

        TensorPrimitives.Subtract(weights, TensorPrimitives.Max(weights), weights);
        TensorPrimitives.Exp(weights, weights);
        TensorPrimitives.Divide(weights, TensorPrimitives.Sum(weights), weights);
        SumValues(scores, values, output, count, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumValues(float* weights, float* values, float* output, int count, int width)
    {
        int i = 0;
        for (; i <= width - (2 * Simd.Width); i += 2 * Simd.Width)
        {
            Vector512<float> low = default;
            Vector512<float> high = default;
            float* value = values + i;
            for (int t = 0; t < count; t++, value += width)
            {
                Vector512<float> weight = Vector512.Create(weights[t]);
                low = Vector512.FusedMultiplyAdd(weight, Vector512.Load(value), low);
                high = Vector512.FusedMultiplyAdd(weight, Vector512.Load(value + Simd.Width), high);
            }

            low.Store(output + i);
            high.Store(output + i + Simd.Width);
        }

        for (; i < width; i++)
        {
            float sum = 0;
            for (int t = 0; t < count; t++)
            {
                sum += weights[t] * values[((long)t * width) + i];
            }

            output[i] = sum;
        }
    }
}
