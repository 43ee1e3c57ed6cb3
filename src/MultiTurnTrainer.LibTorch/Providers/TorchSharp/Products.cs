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

    /// <summary>sum = beta · sum + alpha · left · right, in place.</summary>
    /// <param name="sum">fp32.</param>
    /// <param name="left">fp32 or bf16.</param>
    /// <param name="right">The same type.</param>
    /// <param name="alpha">The factor on the product.</param>
    /// <param name="beta">The factor on what the sum holds; 0 overwrites it.</param>
    public static void Add(torch.Tensor sum, torch.Tensor left, torch.Tensor right, float alpha, float beta = 1)
    {
        using torch.Tensor product = Wide(left, right);
        _ = beta == 0 ? sum.copy_(product).mul_(alpha) : sum.mul_(beta).add_(product, alpha);
    }
}
