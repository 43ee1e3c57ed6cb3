// Folder Kernels: operators with backwards of their own, and which backend serves a tensor.
// Refuses to know: layers, models, adapters, training.
using MultiTurnTrainer.Models.Kernels.Cuda;

namespace MultiTurnTrainer.Models.Kernels;

/// <summary>Which backend of a kernel serves some tensors.</summary>
internal enum Backend
{
    /// <summary>Plain operators.</summary>
    Composed,

    /// <summary>SIMD on the processor.</summary>
    Cpu,

    /// <summary>Our own CUDA code.</summary>
    Cuda,
}

/// <summary>Chooses backends. Tests set <see cref="Launcher"/> to run the CUDA backend on the emulator.</summary>
internal static class Backends
{
    /// <summary>Where the CUDA backend runs instead of on a GPU, on this thread; null outside tests.</summary>
    [ThreadStatic]
    private static IKernelLauncher? _launcher;

    public static IKernelLauncher? Launcher
    {
        get => _launcher;
        set => _launcher = value;
    }

    /// <summary>The fastest backend for contiguous tensors of one type, fp32 or bf16.</summary>
    public static Backend Choose(torch.Tensor tensor) =>
        tensor.dtype != torch.float32 && tensor.dtype != torch.bfloat16 ? Backend.Composed
        : tensor.device_type == DeviceType.CUDA || _launcher is not null ? Backend.Cuda
        : Backend.Cpu;

    /// <summary>What launches the CUDA backend for this tensor.</summary>
    public static IKernelLauncher FindLauncher(torch.Tensor tensor) => _launcher ?? CudaKernels.For(tensor);

    /// <summary>The ending of the kernel's name for this element type.</summary>
    public static string GetSuffix(torch.Tensor tensor) => tensor.dtype == torch.bfloat16 ? "_bf16" : "_fp32";
}
