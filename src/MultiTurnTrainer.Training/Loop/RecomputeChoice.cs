using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>What the activations of the heaviest micro-batch take, in bytes.</summary>
/// <param name="Layers">Blocks.</param>
/// <param name="Block">What one block keeps for its backward.</param>
/// <param name="Border">The hidden state between two blocks.</param>
/// <param name="Fixed">What is there whatever is recomputed: the optimizer's moments, a chunk of logits, the gradient at the head.</param>
internal sealed record ActivationNeed(int Layers, double Block, double Border, double Fixed)
{
    /// <summary>The most that is alive at once: kept blocks, borders of recomputed ones with their gradients, one block at work.</summary>
    public double Peak(Recompute recompute)
    {
        int again = recompute switch
        {
            Recompute.Full => Layers,
            Recompute.Selective => (Layers + 1) / 2,
            _ => 0,
        };
        return Fixed + ((Layers - again) * Block) + (2 * again * Border) + Block;
    }
}

/// <summary>
/// Chooses what to recompute where settings leave it open: the least whose activations fit into the memory that is free. A count,
/// not a measurement: <c>mtt estimate</c> measures.
/// </summary>
internal static class RecomputeChoice
{
    // `mtt estimate` measures 1.11 (bfloat16) and 1.16 (float32) times the values that are counted here.
    private const double Margin = 1.2;

    // An allocator loses a part to gaps; a processor's memory serves other programs too.
    private const double Usable = 0.9;

    // MaskedCrossEntropy keeps a chunk below 272 MiB on a GPU.
    private const double ChunkOfLogits = 300e6;

    /// <summary>The mode for a run.</summary>
    /// <param name="settings">The wish.</param>
    /// <param name="model">The base, loaded.</param>
    /// <param name="adapter">What is trained, allocated.</param>
    /// <param name="data">The rows.</param>
    public static Recompute Decide(TrainSettings settings, CausalLM model, Adapter adapter, TrainingData data) =>
        settings.Recompute != Recompute.Auto
            ? settings.Recompute
            : Choose(Estimate(settings, model, adapter, data), PeakMemory.FreeBytes(model.Device));

    /// <summary>The least recomputation that fits.</summary>
    /// <param name="need">Of the heaviest micro-batch.</param>
    /// <param name="free">Bytes that can still be had, with model and adapter in place.</param>
    internal static Recompute Choose(ActivationNeed need, double free) =>
        need.Peak(Recompute.Off) <= free * Usable ? Recompute.Off
        : need.Peak(Recompute.Selective) <= free * Usable ? Recompute.Selective
        : Recompute.Full;

    private static ActivationNeed Estimate(TrainSettings settings, CausalLM model, Adapter adapter, TrainingData data)
    {
        int longest = data.Rows.Select(row => row.InputIds.Length).DefaultIfEmpty().Max();
        long tokens = (long)(data.Packing?.Capacity ?? longest) * settings.PerDeviceTrainBatchSize;
        ActivationNeed need = Estimate(model.Config, model.Type, tokens, model.FormsScores ? longest : 0);
        // Weights that are all trained are narrowed in the forward, and the graph keeps them.
        int narrowed = adapter is FullWeights && model.Type == torch.ScalarType.BFloat16 ? 2 : 0;
        double moments = (2.0 * sizeof(float)) + narrowed;
        return need with { Fixed = need.Fixed + (moments * adapter.Parameters.Flat.numel()) };
    }

    /// <summary>Counts the values that a block keeps: inputs of products and norms, the gate's two sides, and attention's factors.</summary>
    /// <param name="config">The model.</param>
    /// <param name="type">The type of activations.</param>
    /// <param name="tokens">Of a micro-batch.</param>
    /// <param name="scores">Keys that a query's kept scores run over: the longest sequence, or 0 where attention keeps none.</param>
    internal static ActivationNeed Estimate(ModelConfig config, torch.ScalarType type, long tokens, int scores)
    {
        int size = type == torch.ScalarType.BFloat16 ? 2 : 4;
        double values =
            (4.0 * config.HiddenSize)
            + (2.0 * config.QueryWidth)
            + (2.0 * config.KeyValueWidth)
            + (3.0 * config.IntermediateSize);
        // The cap's result and the softmax's in fp32, the weights in the activations' type; half of them are hidden.
        double ofScores = scores / 2.0 * config.Heads * ((config.AttentionSoftcap is null ? 4 : 8) + size);
        double block = tokens * ((values * size * Margin) + ofScores);
        double state = (double)tokens * config.HiddenSize * size;
        return new(config.Layers, block, state, ChunkOfLogits + (3 * state));
    }
}
