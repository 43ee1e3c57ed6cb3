using MultiTurnTrainer.LibTorch.Native;
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Products of matrices that TorchSharp's interface cannot ask for.</summary>
public static class Products
{
    private const long BlockColumns = 2048;
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

        // Block by block, so that the widened factor stays in cache.
        torch.Tensor result = torch.empty(left.size(0), right.size(1), torch.float32, left.device);
        using torch.Tensor wide = left.to(torch.float32);
        for (long start = 0; start < right.size(1); start += BlockColumns)
        {
            long count = Math.Min(BlockColumns, right.size(1) - start);
            using torch.Tensor part = right.narrow(1, start, count);
            using torch.Tensor factor = part.to(torch.float32);
            using torch.Tensor target = result.narrow(1, start, count);
            Operator.CallInPlace("mm.out(out, self, mat2)", target, wide, factor);
        }

        return result;
    }
}
