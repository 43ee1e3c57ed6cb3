using MultiTurnTrainer.LibTorch.Native;
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>
/// oneDNN's product of row-major matrices in the processor's memory, with fp32 results: bf16 factors are not rounded on the
/// way, and fp32 ones run on libtorch's own threads instead of the BLAS library's. The same bits whatever the number of threads.
/// </summary>
public static unsafe class Gemm
{
    private static readonly Lazy<bool> _single = new(() => Try(half: false));
    private static readonly Lazy<bool> _half = new(() => Try(half: true));

    /// <summary>Whether this machine has it for factors of a type.</summary>
    public static bool Takes(torch.ScalarType factors) =>
        factors == torch.float32 ? _single.Value : factors == torch.bfloat16 && _half.Value;

    /// <summary>c = alpha · op(a) · op(b) + beta · c.</summary>
    /// <param name="factors">The type of a and b, float32 or bfloat16.</param>
    /// <param name="rows">Of op(a) and c.</param>
    /// <param name="columns">Of op(b) and c.</param>
    /// <param name="inner">Columns of op(a), rows of op(b).</param>
    /// <param name="alpha">The factor on the product.</param>
    /// <param name="a">The left factor.</param>
    /// <param name="b">The right factor.</param>
    /// <param name="beta">The factor on what c holds; 0 overwrites it.</param>
    /// <param name="c">The result.</param>
    /// <param name="stride">Elements from one row of c to the next.</param>
    public static void Run(
        torch.ScalarType factors,
        long rows,
        long columns,
        long inner,
        float alpha,
        GemmFactor a,
        GemmFactor b,
        float beta,
        float* c,
        long stride
    )
    {
        int half = factors == torch.bfloat16 ? 1 : 0;
        int code = NativeApi.Gemm(
            half,
            a.Letter,
            b.Letter,
            rows,
            columns,
            inner,
            alpha,
            a.Data,
            a.Stride,
            b.Data,
            b.Stride,
            beta,
            c,
            stride
        );
        if (code != 0)
        {
            throw new TorchException("gemm", $"oneDNN refuses a product of {rows} x {inner} and {inner} x {columns}");
        }
    }

    private static bool Try(bool half)
    {
        NativeApi.EnsureLoaded();
        float one = 1;
        float result = 0;
        GemmFactor factor = new(&one, 1);
        byte plain = factor.Letter;
        return NativeApi.Gemm(half ? 1 : 0, plain, plain, 1, 1, 1, 1, &one, 1, &one, 1, 0, &result, 1) == 0;
    }
}
