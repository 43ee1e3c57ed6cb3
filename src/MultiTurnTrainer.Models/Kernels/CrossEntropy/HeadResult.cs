namespace MultiTurnTrainer.Models.Kernels.CrossEntropy;

/// <summary>What the head gives back. Nothing here has waited for a GPU: <see cref="Read"/> does.</summary>
public sealed class HeadResult : IDisposable
{
    private readonly HeadTargets _targets;
    private readonly CrossEntropyOptions _options;

    internal HeadResult(
        HeadTargets targets,
        CrossEntropyOptions options,
        torch.Tensor? hiddenGradient,
        torch.Tensor? statistics
    )
    {
        _targets = targets;
        _options = options;
        HiddenGradient = hiddenGradient;
        Statistics = statistics;
    }

    /// <summary>d(scale · Σ weight · loss)/d(hidden), [N, H] in the hidden states' type; null when not asked for.</summary>
    public torch.Tensor? HiddenGradient { get; }

    /// <summary>[rows, 4] fp32 on the device: loss, lse, and with metrics entropy and hit; null without a label.</summary>
    public torch.Tensor? Statistics { get; }

    /// <summary>How many rows carried a label.</summary>
    public int Count => _targets.Count;

    /// <summary>The losses token by token, in the order of the targets.</summary>
    public float[] TokenLosses() => Statistics?[torch.TensorIndex.Colon, 0].data<float>().ToArray() ?? [];

    /// <summary>Brings the sums to the processor; on a GPU this waits for the head.</summary>
    public HeadSums Read()
    {
        if (Statistics is null)
        {
            return new HeadSums(0, 0);
        }

        float[] rows = Statistics.data<float>().ToArray();
        double loss = 0;
        long hits = 0;
        for (int i = 0; i < Count; i++)
        {
            double lse = rows[(i * 4) + 1];
            double own = rows[i * 4] + (_options.ZLoss * lse * lse);
            loss += (_targets.Weights?[i] ?? 1f) * own;
            hits += _options.Metrics && rows[(i * 4) + 3] != 0 ? 1 : 0;
        }

        return new HeadSums(loss, hits);
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        HiddenGradient?.Dispose();
        Statistics?.Dispose();
    }
}

/// <summary>Sums over the rows that carried a label; the caller divides by what its whole optimizer step counts.</summary>
/// <param name="Loss">Σ weight · (loss + zloss · lse²), in nats.</param>
/// <param name="Hits">Rows whose label is the most likely token; with metrics.</param>
public sealed record HeadSums(double Loss, long Hits);
