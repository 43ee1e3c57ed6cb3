// Shapes: n rows with a label, v vocabulary.

namespace MultiTurnTrainer.Models.Kernels.CrossEntropy;

/// <summary>The part between the head's two products. Every backend computes the same, in fp32.</summary>
internal interface IRowKernel
{
    /// <summary>The first half of each fp32 row's bytes as bf16, or the logits themselves.</summary>
    static torch.Tensor GradientOver(torch.Tensor logits, torch.ScalarType gradientType)
    {
        if (gradientType == logits.dtype)
        {
            return logits;
        }

        using torch.Tensor halves = TensorMemory.View(logits, gradientType); // [n, v] fp32 -> [n, 2 v] bf16
        return halves.narrow(1, 0, logits.size(1)); // [n, 2 v] -> [n, v], rows 2 v apart
    }

    /// <summary>
    /// Per row: log-sum-exp, loss, and (over the logits themselves) the gradient. The target's gradient is formed in fp32 before
    /// it is stored.
    /// </summary>
    /// <param name="logits">[rows, vocabulary], fp32 or bf16, contiguous; holds dLoss/dLogits afterwards when asked for.</param>
    /// <param name="labels">[rows] int32.</param>
    /// <param name="coefficients">[rows] fp32: what each row's gradient is multiplied with.</param>
    /// <param name="statistics">[rows, 4] fp32, written: loss, lse, and with metrics entropy and hit (0 or 1).</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="gradientType">The logits' own type, or bf16 where the logits are fp32.</param>
    /// <returns>The gradient [rows, vocabulary] in the memory of the logits, whatever the stride; meaningless when not asked for.</returns>
    torch.Tensor Run(
        torch.Tensor logits,
        torch.Tensor labels,
        torch.Tensor coefficients,
        torch.Tensor statistics,
        CrossEntropyOptions options,
        torch.ScalarType gradientType
    );
}
