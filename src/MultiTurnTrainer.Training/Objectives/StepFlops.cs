using MultiTurnTrainer.Training.Rows;

namespace MultiTurnTrainer.Training.Objectives;

/// <summary>
/// Floating-point operations that the maths of a step needs, recomputation not counted: products with frozen weights
/// once forward and once backward, trained ones once more; causal attention; the head, and what follows the last
/// block's attention, on supervised rows only.
/// </summary>
internal static class StepFlops
{
    /// <summary>Weights of all linear modules but the head.</summary>
    public static long CountLinearWeights(ModuleLayout layout) =>
        layout
            .Modules.Where(module => module.Kind == ModuleKind.Linear && module.Path != ModuleLayout.HeadPath)
            .Sum(module => (long)module.Out * module.In);

    /// <summary>The operations of one micro-batch.</summary>
    /// <param name="config">The model.</param>
    /// <param name="linearWeights">Weights of all linear modules but the head.</param>
    /// <param name="trained">Weights that are trained.</param>
    /// <param name="batch">The micro-batch.</param>
    public static double Count(ModelConfig config, long linearWeights, long trained, MicroBatch batch)
    {
        double tokens = batch.InputIds.Length;
        double body = ((4.0 * linearWeights) + (6.0 * trained)) * tokens;
        double afterAttention = (config.QueryWidth + (3.0 * config.IntermediateSize)) * config.HiddenSize;
        body -= 4 * afterAttention * (tokens - batch.Targets.Length);
        double head = 4.0 * batch.Targets.Length * config.VocabularySize * config.HiddenSize;
        double attention = 0;
        for (int i = 0; i + 1 < batch.CuSeqlens.Length; i++)
        {
            double length = batch.CuSeqlens[i + 1] - batch.CuSeqlens[i];
            attention += 2 * length * length * config.QueryWidth * config.Layers * 3;
        }

        return body + head + attention;
    }
}
