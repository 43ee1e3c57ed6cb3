using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>
/// Chooses what to recompute where settings leave it open: nothing, unless the kept activations would not leave a
/// fifth of the free memory. The count is of values a block keeps, with a margin for what is alive only for a moment;
/// <c>mtt estimate</c> measures instead.
/// </summary>
internal static class RecomputeChoice
{
    private const double _margin = 2.5;
    private const double _usable = 0.8;

    /// <summary>The mode for a run.</summary>
    /// <param name="settings">The wish.</param>
    /// <param name="config">The model.</param>
    /// <param name="place">Type and device.</param>
    /// <param name="data">The rows.</param>
    public static Recompute For(TrainSettings settings, ModelConfig config, RunPlace place, TrainingData data)
    {
        if (settings.Recompute != Recompute.Auto)
        {
            return settings.Recompute;
        }

        double kept = KeptBytes(settings, config, place, data);
        double free = PeakMemory.FreeBytes(place) * _usable;
        return kept <= free ? Recompute.Off
            : kept / 2 <= free ? Recompute.Selective
            : Recompute.Full;
    }

    private static double KeptBytes(TrainSettings settings, ModelConfig config, RunPlace place, TrainingData data)
    {
        int longest = data.Packing?.Capacity ?? data.Rows.Select(row => row.InputIds.Length).DefaultIfEmpty().Max();
        double tokens = (double)longest * settings.PerDeviceTrainBatchSize;
        double perToken =
            (4.0 * config.HiddenSize)
            + (2.0 * config.QueryWidth)
            + (2.0 * config.KeyValueWidth)
            + (3.0 * config.IntermediateSize);
        double scores = (double)longest * config.Heads / 2;
        int size = place.Type == TorchSharp.torch.ScalarType.BFloat16 ? 2 : 4;
        return config.Layers * tokens * ((perToken * size * _margin) + (scores * (4 + size)));
    }
}
