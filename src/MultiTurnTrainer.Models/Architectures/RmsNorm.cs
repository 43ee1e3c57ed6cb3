using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Norm;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Root mean square norm over the last dimension; the mean is taken in single precision.</summary>
/// <param name="module">Where its weight belongs.</param>
/// <param name="weight">[width].</param>
/// <param name="epsilon">Added to the mean square.</param>
/// <param name="addsOne">Gemma: multiply by 1 + w before rounding; otherwise round, then multiply by w.</param>
internal sealed class RmsNorm(ModuleSpec module, Tensor weight, double epsilon, bool addsOne)
{
    /// <summary>[…, width] to the same shape.</summary>
    public Tensor Forward(Tensor input, Adapter? adapter) =>
        RmsNormKernel.Apply(input, adapter?.Weight(module.Slot) ?? weight, epsilon, addsOne);
}
