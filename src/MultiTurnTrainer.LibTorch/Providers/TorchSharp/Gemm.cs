using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>oneDNN's product with fp32 results: TorchSharp reaches no native symbol of libtorch's.</summary>
public static unsafe class Gemm
{
    /// <summary>Never: plain operators serve.</summary>
    public static bool Takes(torch.ScalarType factors) => false;

    /// <summary>Not available.</summary>
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
    ) => throw new NotSupportedException("TorchSharp has no such product");
}
