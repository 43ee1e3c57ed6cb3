using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Kernels.Dropout;

namespace MultiTurnTrainer.Models.Kernels.Lora;

/// <summary>A linear module and the low-rank change over it, where it has one: y = W x + b + s B (A drop(x)).</summary>
/// <param name="Weight">[out, in]; frozen, or trained and then fp32. Null where <paramref name="Quantised"/> stands for it.</param>
/// <param name="Bias">[out], or null; frozen or trained like the weight.</param>
/// <param name="A">[r, in], or null.</param>
/// <param name="B">[out, r], or null.</param>
/// <param name="Scale">s.</param>
/// <param name="Dropped">What the low-rank change does not see of the input; null for nothing.</param>
/// <param name="Quantised">W as codes, frozen: dequantised for each product and let go behind it.</param>
internal sealed record LoraModule(
    torch.Tensor? Weight,
    torch.Tensor? Bias = null,
    torch.Tensor? A = null,
    torch.Tensor? B = null,
    float Scale = 0,
    DropoutMask? Dropped = null,
    QuantisedMatrix? Quantised = null
)
{
    /// <summary>r; 0 without a change.</summary>
    public long Rank => A?.size(0) ?? 0;
}
