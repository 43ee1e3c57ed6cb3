using MultiTurnTrainer.Models.Kernels.Cuda;
using TorchSharp;

namespace MultiTurnTrainer.Models.Kernels;

/// <summary>Which face of a kernel serves some tensors.</summary>
internal enum Face
{
    /// <summary>Plain operators.</summary>
    Composed,

    /// <summary>SIMD on the processor.</summary>
    Cpu,

    /// <summary>Our own CUDA code.</summary>
    Cuda,
}

/// <summary>Chooses faces. Tests set <see cref="Launcher"/> to run the CUDA face on the emulator.</summary>
internal static class Faces
{
    /// <summary>Where the CUDA face runs instead of on a GPU, on this thread; null outside tests.</summary>
    [ThreadStatic]
    private static IKernelLauncher? _launcher;

    public static IKernelLauncher? Launcher
    {
        get => _launcher;
        set => _launcher = value;
    }

    /// <summary>The fastest face for contiguous tensors of one type, fp32 or bf16.</summary>
    public static Face Of(torch.Tensor tensor) =>
        tensor.dtype != torch.float32 && tensor.dtype != torch.bfloat16 ? Face.Composed
        : tensor.device_type == DeviceType.CUDA || _launcher is not null ? Face.Cuda
        : Face.Cpu;

    /// <summary>What launches the CUDA face for this tensor.</summary>
    public static IKernelLauncher LauncherFor(torch.Tensor tensor) => _launcher ?? CudaKernels.For(tensor);

    /// <summary>The ending of the kernel's name for this element type.</summary>
    public static string Suffix(torch.Tensor tensor) => tensor.dtype == torch.bfloat16 ? "_bf16" : "_fp32";
}
