using MultiTurnTrainer.LibTorch.Native;
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>A GPU's product of bf16 factors with fp32 results.</summary>
internal static class CudaProduct
{
    private const string Mixed = "mm.dtype(self, mat2, out_dtype)";

    public static bool Exists => Operator.Exists(Mixed);

    /// <summary>left · right in fp32.</summary>
    public static torch.Tensor Wide(torch.Tensor left, torch.Tensor right) =>
        Operator.Call(Mixed, left, right, torch.float32);
}
