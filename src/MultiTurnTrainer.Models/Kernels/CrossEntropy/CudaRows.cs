using MultiTurnTrainer.Models.Kernels.Cuda;

namespace MultiTurnTrainer.Models.Kernels.CrossEntropy;

/// <summary>The GPU's backend: one block of threads per row (cross_entropy.cu).</summary>
/// <param name="launcher">The card, or the emulator.</param>
internal sealed unsafe class CudaRows(IKernelLauncher launcher) : IRowKernel
{
    private const int WriteGradient = 1;
    private const int WantMetrics = 2;

    // From here on a row keeps 512 threads busy.
    private const int WideVocabulary = 16384;

    public torch.Tensor Run(
        torch.Tensor logits,
        torch.Tensor labels,
        torch.Tensor coefficients,
        torch.Tensor statistics,
        CrossEntropyOptions options,
        torch.ScalarType gradientType
    )
    {
        int vocabulary = checked((int)logits.size(1));
        void* line = TensorMemory.Pointer(logits);
        void* label = TensorMemory.Pointer(labels);
        void* coefficient = TensorMemory.Pointer(coefficients);
        void* statistic = TensorMemory.Pointer(statistics);
        float cap = options.SoftCap;
        float smoothing = options.LabelSmoothing;
        float zLoss = options.ZLoss;
        int flags = (options.Gradient ? WriteGradient : 0) | (options.Metrics ? WantMetrics : 0);
        launcher.Launch(
            logits.dtype == torch.bfloat16 ? "cross_entropy_bf16"
                : gradientType == torch.bfloat16 ? "cross_entropy_fp32_bf16"
                : "cross_entropy_fp32",
            logits.size(0),
            vocabulary >= WideVocabulary ? 512 : 128,
            [
                (nint)(&line),
                (nint)(&vocabulary),
                (nint)(&label),
                (nint)(&coefficient),
                (nint)(&statistic),
                (nint)(&cap),
                (nint)(&smoothing),
                (nint)(&zLoss),
                (nint)(&flags),
            ]
        );
        return IRowKernel.GradientOver(logits, gradientType);
    }
}
