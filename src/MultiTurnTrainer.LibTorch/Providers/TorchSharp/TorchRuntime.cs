// Folder TorchSharp: that interface over TorchSharp's packages.
// Refuses to know: our own binding.
using MultiTurnTrainer.LibTorch.Installations;
using MultiTurnTrainer.LibTorch.Loading;
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Bytes on a GPU, as torch's allocator counts them.</summary>
/// <param name="Allocated">In tensors now.</param>
/// <param name="PeakAllocated">In tensors at most, since the last reset.</param>
/// <param name="Reserved">Held from the driver now.</param>
/// <param name="PeakReserved">Held from the driver at most.</param>
public sealed record CudaMemory(long Allocated, long PeakAllocated, long Reserved, long PeakReserved);

/// <summary>What a program asks of libtorch as a whole, beyond TorchSharp's interface.</summary>
public static unsafe class TorchRuntime
{
    /// <summary>The provider and why it is the one, in words.</summary>
    public const string Provider =
        "TorchSharp's packages (chosen by -p:TorchProvider=TorchSharp when mtt was built); on CUDA they have run on no card";

    /// <summary>Never told: nothing is built.</summary>
    public static Action<string>? Notice { get; set; }

    /// <summary>Tensors of this thread that are not disposed of: a leak check.</summary>
    public static long LiveTensors => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    /// <summary>Not counted by TorchSharp.</summary>
    public static int? LiveFunctions => null;

    /// <summary>Whether libtorch brings Intel's MKL.</summary>
    public static bool HasMkl => Symbol("MKL_Set_Num_Threads_Local") != 0;

    /// <summary>libtorch's packages bring it for every platform.</summary>
    public static bool HasOneDnn => true;

    /// <summary>None is needed.</summary>
    public static (string? Path, string Variable) Compiler => ("not needed", "TorchSharp's packages");

    /// <summary>Before anything of TorchSharp runs; a program that touches it calls this in a module initializer.</summary>
    public static void Prepare() => PackagedLibraries.Prepare();

    /// <summary>Loads the packages' libraries; says what to do where this machine cannot.</summary>
    public static LibTorchInstallation Load()
    {
        PackagedLibraries.Load();
        return LibTorchInstallation.Find();
    }

    /// <summary>A function of libtorch or of a library that it has loaded; 0 where there is none.</summary>
    internal static nint Symbol(string name) =>
        NativeLibrary.TryGetExport(PackagedLibraries.Load().Torch, name, out nint address) ? address : 0;

    /// <summary>TorchSharp's native part: the package's, or its patched copy in the user's cache.</summary>
    public static (string Path, string Variable) NativePart(LibTorchInstallation installation)
    {
        string file = PackagedLibraries.Load().File;
        bool own = Path.GetDirectoryName(file) == installation.Libraries;
        return (
            file,
            own ? "the package" : $"{CacheFolder.Root.Variable}: the package's, patched for an older C++ runtime"
        );
    }

    /// <summary>Inside libtorch.</summary>
    public static string? BlasFile() => null;

    /// <summary>The CUDA stream that torch's operators use now on this device (a <c>cudaStream_t</c>).</summary>
    public static nint CudaStream(torch.Device device)
    {
        nint stream;
        StableInterface.Check(
            ((delegate* unmanaged<int, nint*, int>)CudaSymbol("aoti_torch_get_current_cuda_stream"))(
                Math.Max(device.index, 0),
                &stream
            ),
            "cuda.current_stream"
        );
        return stream;
    }

    /// <summary>Makes a GPU the current one of this thread.</summary>
    public static void SetCudaDevice(int index)
    {
        torch.InitializeDeviceType(DeviceType.CUDA);
        // A guard that is never given back: the device stays.
        nint guard;
        StableInterface.Check(
            ((delegate* unmanaged<int, nint*, int>)CudaSymbol("aoti_torch_create_cuda_guard"))(index, &guard),
            "cuda.set_device"
        );
    }

    /// <summary>
    /// From here on operators take ways whose bits do not depend on the order of threads, where they have one. Neither TorchSharp nor the
    /// stable interface has a word for it: this is the C++ function, as this very libtorch exports it.
    /// </summary>
    public static void UseDeterministicAlgorithms()
    {
        var context = (delegate* unmanaged<void*>)Symbol("_ZN2at13globalContextEv");
        var set = (delegate* unmanaged<void*, byte, byte, void>)Symbol("_ZN2at7Context26setDeterministicAlgorithmsEbb");
        var fill = (delegate* unmanaged<void*, byte, void>)Symbol(
            "_ZN2at7Context39setDeterministicFillUninitializedMemoryEb"
        );
        if (context is null || set is null || fill is null)
        {
            throw new MttException(
                "this libtorch does not say how its operators are made deterministic",
                "Build mtt without -p:TorchProvider=TorchSharp."
            );
        }

        set(context(), 1, 0);
        fill(context(), 0);
    }

    /// <summary>Not told.</summary>
    public static CudaMemory? CudaMemory(torch.Device device) => null;

    /// <summary>Nothing is counted.</summary>
    public static void ResetCudaPeak(torch.Device device) { }

    /// <summary>TorchSharp cannot.</summary>
    public static void EmptyCudaCache() { }

    /// <summary>Not told.</summary>
    public static long? PeakCpuBytes(Action work) => null;

    private static nint CudaSymbol(string name) =>
        NativeLibrary.GetExport(
            NativeLibrary.Load(Path.Combine(LibTorchInstallation.Find().Libraries, "libtorch_cuda.so")),
            name
        );
}
