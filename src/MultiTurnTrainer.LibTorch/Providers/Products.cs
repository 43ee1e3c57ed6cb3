using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Products of matrices that TorchSharp's interface has no word for.</summary>
public static unsafe class Products
{
    private const long BlockColumns = 2048;

    /// <summary>left · right, the result in fp32 even where the factors are bf16.</summary>
    public static torch.Tensor Wide(torch.Tensor left, torch.Tensor right)
    {
        if (Gemms(left))
        {
            torch.Tensor result = torch.empty(left.size(0), right.size(1), torch.float32, left.device);
            Add(result, left, right, 1, 0);
            return result;
        }

        if (left.dtype != torch.bfloat16)
        {
            return left.mm(right);
        }

        if (left.device_type == DeviceType.CUDA && CudaProduct.Exists)
        {
            return CudaProduct.Wide(left, right);
        }

        // Block by block, so that the widened factor stays in cache.
        torch.Tensor blocks = torch.empty(left.size(0), right.size(1), torch.float32, left.device);
        using torch.Tensor wide = left.to(torch.float32);
        for (long start = 0; start < right.size(1); start += BlockColumns)
        {
            long count = Math.Min(BlockColumns, right.size(1) - start);
            using torch.Tensor part = right.narrow(1, start, count);
            using torch.Tensor factor = part.to(torch.float32);
            using torch.Tensor target = blocks.narrow(1, start, count);
            target.addmm_(wide, factor, 0);
        }

        return blocks;
    }

    /// <summary>sum = beta · sum + alpha · left · right, in place.</summary>
    /// <param name="sum">fp32, rows without gaps.</param>
    /// <param name="left">fp32 or bf16.</param>
    /// <param name="right">The same type.</param>
    /// <param name="alpha">The factor on the product.</param>
    /// <param name="beta">The factor on what the sum holds; 0 overwrites it.</param>
    public static void Add(torch.Tensor sum, torch.Tensor left, torch.Tensor right, float alpha, float beta = 1)
    {
        if (sum.numel() == 0)
        {
            return;
        }

        if (!Gemms(left))
        {
            if (sum.dtype == left.dtype)
            {
                sum.addmm_(left, right, beta, alpha);
                return;
            }

            using torch.Tensor product = Wide(left, right);
            if (beta == 0)
            {
                sum.copy_(alpha == 1 ? product : product.mul_(alpha));
                return;
            }

            if (beta != 1)
            {
                sum.mul_(beta);
            }

            sum.add_(product, alpha);
            return;
        }

        using torch.Tensor a = Rows(left);
        using torch.Tensor b = Rows(right);
        Gemm.Run(
            left.dtype,
            sum.size(0),
            sum.size(1),
            left.size(1),
            alpha,
            Factor(a),
            Factor(b),
            beta,
            (float*)TensorMemory.Pointer(sum),
            sum.stride()[0]
        );
        GC.KeepAlive(sum);
    }

    private static bool Gemms(torch.Tensor factor) =>
        factor.device_type == DeviceType.CPU && factor.numel() > 0 && Gemm.Takes(factor.dtype);

    // As it is where its rows or its columns are without gaps.
    private static torch.Tensor Rows(torch.Tensor matrix) =>
        matrix.stride().Contains(1) ? matrix.alias() : matrix.contiguous();

    private static GemmFactor Factor(torch.Tensor matrix)
    {
        (long row, long column) = (matrix.stride()[0], matrix.stride()[1]);
        (long rows, long columns) = (matrix.size(0), matrix.size(1));
        // A single row or column may carry any stride.
        return column == 1 && (row >= columns || rows == 1)
            ? new(TensorMemory.Pointer(matrix), Math.Max(row, columns))
            : new(TensorMemory.Pointer(matrix), Math.Max(column, rows), transposed: true);
    }
}
