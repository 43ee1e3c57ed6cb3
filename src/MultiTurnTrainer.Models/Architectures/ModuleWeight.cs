using MultiTurnTrainer.Models.Kernels.Dequantise;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>A module's weight as the base holds it: a tensor, or codes that become numbers where a product needs them.</summary>
internal sealed class ModuleWeight : IDisposable
{
    private readonly ScalarType _type;

    public ModuleWeight(Tensor numbers) => Numbers = numbers;

    /// <param name="codes">Frozen.</param>
    /// <param name="type">What products compute in.</param>
    public ModuleWeight(QuantisedMatrix codes, ScalarType type) => (Codes, _type) = (codes, type);

    /// <summary>The tensor; null where it is quantised.</summary>
    public Tensor? Numbers { get; }

    /// <summary>The codes; null where it is not quantised.</summary>
    public QuantisedMatrix? Codes { get; }

    /// <summary>The tensor itself, or what its codes mean as a new one in the caller's scope.</summary>
    public Tensor Get() => Numbers ?? Codes!.Dequantise(_type);

    public void Dispose()
    {
        Numbers?.Dispose();
        Codes?.Dispose();
    }
}
