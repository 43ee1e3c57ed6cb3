using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.SwiGlu;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>The product of an activated gate and its counterpart.</summary>
internal static class Gating
{
    /// <summary>activation(gate) · up.</summary>
    public static Tensor Apply(Activation activation, Tensor gate, Tensor up) =>
        activation switch
        {
            Activation.Silu => SwiGluKernel.Apply(gate, up),
            Activation.Gelu => functional.gelu(gate) * up,
            _ => GeluTanh(gate) * up,
        };

    /// <summary>gpt-oss' product of limited halves.</summary>
    public static Tensor Clamp(ClampedExperts clamped, Tensor gate, Tensor up)
    {
        gate = gate.clamp(max: clamped.Limit);
        up = up.clamp(-clamped.Limit, clamped.Limit);
        return (up + 1) * gate * (gate * clamped.Alpha).sigmoid();
    }

    private static Tensor GeluTanh(Tensor x)
    {
        // Hendrycks and Gimpel (arXiv 1606.08415), the tanh approximation.
        Tensor inner = (x + (x * x * x * 0.044715)) * Math.Sqrt(2 / Math.PI);
        return x * 0.5 * (inner.tanh() + 1);
    }
}
