using MultiTurnTrainer.LibTorch.Native;
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Products of matrices that TorchSharp's interface cannot ask for.</summary>
public static class Products
{
    private const string Mixed = "mm.dtype(self, mat2, out_dtype)";

    /// <summary>left · right, the result in fp32 even where the factors are bf16.</summary>
    public static torch.Tensor Wide(torch.Tensor left, torch.Tensor right)
    {
        if (left.dtype != torch.bfloat16)
        {
            return left.mm(right);
        }

        if (left.device_type == DeviceType.CUDA && Operator.Exists(Mixed))
        {
            return Operator.Call(Mixed, left, right, torch.float32);
        }

        using torch.Tensor wideLeft = left.to(torch.float32);
        using torch.Tensor wideRight = right.to(torch.float32);
        return wideLeft.mm(wideRight);
    }
}
