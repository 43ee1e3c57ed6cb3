// Folder TorchSharp: that interface as far as TorchSharp's packages reach.
// Refuses to know: our own binding.
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Bytes on a GPU, as torch's allocator counts them.</summary>
/// <param name="Allocated">In tensors now.</param>
/// <param name="PeakAllocated">In tensors at most, since the last reset.</param>
/// <param name="Reserved">Held from the driver now.</param>
/// <param name="PeakReserved">Held from the driver at most.</param>
public sealed record CudaMemory(long Allocated, long PeakAllocated, long Reserved, long PeakReserved);

/// <summary>What a program asks of libtorch as a whole; TorchSharp tells little of it.</summary>
public static class TorchRuntime
{
    /// <summary>Never told: the packages bring their native part.</summary>
    public static Action<string>? Notice { get; set; }

    /// <summary>Tensors of this thread that are not disposed of: a leak check.</summary>
    public static long LiveTensors => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    /// <summary>Not counted by TorchSharp.</summary>
    public static int LiveFunctions => 0;

    /// <summary>Always, as far as TorchSharp tells.</summary>
    public static bool HasMkl => true;

    /// <summary>Always, as far as TorchSharp tells.</summary>
    public static bool HasOneDnn => true;

    /// <summary>The packages' own libtorch.</summary>
    public static LibTorchInstallation Load() => LibTorchInstallation.Find();

    /// <summary>None is needed.</summary>
    public static (string? Path, string Variable) Compiler => (null, "none is needed");

    /// <summary>The packages bring it.</summary>
    public static (string Path, string Variable) NativePart(LibTorchInstallation installation) =>
        (installation.Libraries, "the package TorchSharp");

    /// <summary>Not told: libtorch's own.</summary>
    public static string? BlasFile() => null;

    /// <summary>TorchSharp has no streams.</summary>
    public static nint CudaStream(torch.Device device) =>
        throw new MttException(
            "TorchSharp does not tell torch's CUDA stream",
            "Build with mtt's own binding (leave out -p:TorchProvider) to train on CUDA."
        );

    /// <summary>The first use of a device makes it the current one.</summary>
    public static void SetCudaDevice(int index) => torch.InitializeDeviceType(DeviceType.CUDA);

    /// <summary>TorchSharp cannot.</summary>
    public static void UseDeterministicAlgorithms() { }

    /// <summary>Not told.</summary>
    public static CudaMemory? CudaMemory(torch.Device device) => null;

    /// <summary>Nothing is counted.</summary>
    public static void ResetCudaPeak(torch.Device device) { }

    /// <summary>TorchSharp cannot.</summary>
    public static void EmptyCudaCache() { }

    /// <summary>Not told.</summary>
    public static long? PeakCpuBytes(Action work) => null;
}
