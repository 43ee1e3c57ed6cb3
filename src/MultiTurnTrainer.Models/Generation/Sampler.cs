namespace MultiTurnTrainer.Models.Generation;

/// <summary>Chooses a token from logits: temperature, then top-k, then top-p, as HuggingFace orders them.</summary>
internal static class Sampler
{
    /// <summary>Chooses one token.</summary>
    /// <param name="logits">[vocabulary].</param>
    /// <param name="options">Temperature and cut-offs.</param>
    /// <param name="uniform">A number in [0, 1) that decides.</param>
    public static int Choose(ReadOnlySpan<float> logits, GenerationOptions options, double uniform)
    {
        if (options.Temperature == 0 || options.TopK == 1)
        {
            return TensorPrimitives.IndexOfMax(logits);
        }

        float[] weights = new float[logits.Length];
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), weights);
        TensorPrimitives.Multiply(weights, (float)(1 / options.Temperature), weights);
        TensorPrimitives.Exp(weights, weights);
        bool cut = (options.TopK > 0 && options.TopK < logits.Length) || options.TopP < 1;
        return cut ? Draw(FindLikeliest(weights, options), weights, uniform) : Draw(weights, uniform);
    }

    /// <summary>The log-probability of a token under the softmax of the logits.</summary>
    public static float LogProbability(ReadOnlySpan<float> logits, int token)
    {
        float largest = TensorPrimitives.Max(logits);
        double sum = 0;
        Span<float> block = stackalloc float[512];
        for (int start = 0; start < logits.Length; start += block.Length)
        {
            ReadOnlySpan<float> part = logits.Slice(start, Math.Min(block.Length, logits.Length - start));
            Span<float> target = block[..part.Length];
            TensorPrimitives.Subtract(part, largest, target);
            TensorPrimitives.Exp(target, target);
            sum += TensorPrimitives.Sum(target);
        }

        return (float)(logits[token] - largest - Math.Log(sum));
    }

    /// <summary>The tokens that survive top-k and top-p, likeliest first; ties by id.</summary>
    private static int[] FindLikeliest(float[] weights, GenerationOptions options)
    {
        double total = TensorPrimitives.Sum(weights);

        // All tokens below this share together weigh less than 1 - p: the nucleus lies above it.
        double floor = options.TopK > 0 ? 0 : total * (1 - options.TopP) / weights.Length;
        int[] order = [.. Enumerable.Range(0, weights.Length).Where(id => weights[id] >= floor)];
        Array.Sort(order, (a, b) => weights[a] != weights[b] ? weights[b].CompareTo(weights[a]) : a.CompareTo(b));
        if (options.TopK > 0 && options.TopK < order.Length)
        {
            order = order[..options.TopK];
            total = order.Sum(id => (double)weights[id]);
        }

        double reached = 0;
        int kept = 0;
        while (kept < order.Length && (kept == 0 || reached < options.TopP * total))
        {
            reached += weights[order[kept++]];
        }

        return order[..kept];
    }

    private static int Draw(int[] ids, float[] weights, double uniform)
    {
        double goal = uniform * ids.Sum(id => (double)weights[id]);
        foreach (int id in ids)
        {
            goal -= weights[id];
            if (goal < 0)
            {
                return id;
            }
        }

        return ids[^1];
    }

    private static int Draw(float[] weights, double uniform)
    {
        double total = 0;
        foreach (float weight in weights)
        {
            total += weight;
        }

        double goal = uniform * total;
        int last = 0;
        for (int id = 0; id < weights.Length; id++)
        {
            if (weights[id] > 0)
            {
                last = id;
            }

            goal -= weights[id];
            if (goal < 0)
            {
                return id;
            }
        }

        return last;
    }
}
