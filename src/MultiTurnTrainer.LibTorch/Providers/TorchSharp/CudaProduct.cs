using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>A GPU's product of bf16 factors with fp32 results.</summary>
internal static class CudaProduct
{
    public static bool Exists => true;

    /// <summary>left · right in fp32.</summary>
    public static torch.Tensor Wide(torch.Tensor left, torch.Tensor right) =>
        StableInterface.Call("aten::mm", "dtype", 1, left, right, torch.ScalarType.Float32)[0];
}
