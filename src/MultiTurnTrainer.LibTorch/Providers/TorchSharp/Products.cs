using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Products of matrices that TorchSharp's interface cannot ask for.</summary>
public static class Products
{
    /// <summary>left · right, the result in fp32 even where the factors are bf16.</summary>
    public static torch.Tensor Wide(torch.Tensor left, torch.Tensor right)
    {
        using torch.Tensor wideLeft = left.to(torch.float32);
        using torch.Tensor wideRight = right.to(torch.float32);
        return wideLeft.mm(wideRight);
    }
}
