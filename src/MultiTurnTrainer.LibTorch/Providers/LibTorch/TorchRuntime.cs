// Folder LibTorch: that interface over our own binding.
// Refuses to know: TorchSharp's packages.
using MultiTurnTrainer.LibTorch.Installations;
using MultiTurnTrainer.LibTorch.Loading;
using MultiTurnTrainer.LibTorch.Native;
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
    public const string Provider = "mtt's own binding (the default: faster, in half the memory)";

    /// <summary>Told in one line before the native part is built (once per libtorch, about 15 s).</summary>
    public static Action<string>? Notice
    {
        get => NativeApi.Notice;
        set => NativeApi.Notice = value;
    }

    /// <summary>Native tensors that managed code holds, on all threads: a leak check.</summary>
    public static long LiveTensors
    {
        get
        {
            NativeApi.EnsureLoaded();
            return NativeApi.LiveHandles();
        }
    }

    /// <summary>Custom functions that some graph still refers to, null where they are not counted: a leak check.</summary>
    public static int? LiveFunctions => AutogradCallbacks.LiveNodes;

    /// <summary>Finds libtorch, builds the native part if needed, and loads it; says what to do where it cannot.</summary>
    public static LibTorchInstallation Load()
    {
        NativeApi.EnsureLoaded();
        return NativeApi.Installation!;
    }

    /// <summary>A function of libtorch or of a library that it has loaded; 0 where there is none.</summary>
    internal static nint Symbol(string name) => NativeApi.Symbol(name);

    /// <summary>The compiler of the native part: its path, null where there is none, and the variable that chose it.</summary>
    public static (string? Path, string Variable) Compiler =>
        (
            NativeBuild.Compiler,
            Environment.GetEnvironmentVariable(NativeBuild.CompilerVariable) is { Length: > 0 } ? "CXX" : "PATH"
        );

    /// <summary>The compiled native part for an installation, present or not, and the variable that chose its folder.</summary>
    public static (string Path, string Variable) NativePart(LibTorchInstallation installation) =>
        (NativeCache.PathOf(installation), CacheFolder.Root.Variable);

    /// <summary>The file that serves the BLAS symbol <c>sgemm_</c>, or null where it is inside libtorch's own MKL.</summary>
    public static string? BlasFile()
    {
        NativeApi.EnsureLoaded();
        fixed (byte* name = "sgemm_"u8)
        {
            return Marshal.PtrToStringUTF8((nint)NativeApi.SymbolFile(name));
        }
    }

    /// <summary>Whether libtorch brings Intel's MKL.</summary>
    public static bool HasMkl
    {
        get
        {
            NativeApi.EnsureLoaded();
            return NativeApi.HasMkl() != 0;
        }
    }

    /// <summary>Whether libtorch brings oneDNN, which serves bf16 products on the processor.</summary>
    public static bool HasOneDnn
    {
        get
        {
            NativeApi.EnsureLoaded();
            return NativeApi.HasMkldnn() != 0;
        }
    }

    /// <summary>The CUDA stream that torch's operators use now on this device (a <c>cudaStream_t</c>).</summary>
    public static nint CudaStream(torch.Device device)
    {
        NativeApi.EnsureLoaded();
        nint stream;
        NativeApi.Check(NativeApi.CudaStream(Math.Max(device.index, 0), &stream), "cuda.current_stream");
        return stream;
    }

    /// <summary>Makes a GPU the current one of this thread.</summary>
    public static void SetCudaDevice(int index)
    {
        NativeApi.EnsureLoaded();
        NativeApi.Check(NativeApi.CudaInit(), "cuda.init");
        NativeApi.Check(NativeApi.CudaSetDevice(index), "cuda.set_device");
    }

    /// <summary>
    /// From here on operators take ways whose bits do not depend on the order of threads, where they have one: on a GPU the
    /// backward of flash attention and sums by index. Those without one refuse.
    /// </summary>
    public static void UseDeterministicAlgorithms()
    {
        NativeApi.EnsureLoaded();
        NativeApi.Check(NativeApi.Deterministic(1), "use_deterministic_algorithms");
    }

    /// <summary>Bytes on a GPU, or null where this libtorch does not tell without CUDA's headers.</summary>
    public static CudaMemory? CudaMemory(torch.Device device)
    {
        NativeApi.EnsureLoaded();
        long* values = stackalloc long[4];
        return NativeApi.CudaMemory(Math.Max(device.index, 0), values) == 0
            ? new CudaMemory(values[0], values[1], values[2], values[3])
            : null;
    }

    /// <summary>Starts the peaks anew from the present values.</summary>
    public static void ResetCudaPeak(torch.Device device)
    {
        NativeApi.EnsureLoaded();
        _ = NativeApi.CudaResetPeak(Math.Max(device.index, 0));
    }

    /// <summary>Gives memory that no tensor uses back to the driver.</summary>
    public static void EmptyCudaCache()
    {
        NativeApi.EnsureLoaded();
        _ = NativeApi.CudaEmptyCache();
    }

    /// <summary>
    /// The most bytes of the processor's memory that some work had of libtorch at once, for tensors and for what its operators need;
    /// null where it is not counted. Nothing else may run meanwhile. What <see cref="Gemm"/> packs of its factors is not in it.
    /// </summary>
    public static long? PeakCpuBytes(Action work)
    {
        NativeApi.EnsureLoaded();
        NativeApi.CpuMemoryBegin();
        long peak;
        try
        {
            work();
        }
        finally
        {
            peak = NativeApi.CpuMemoryEnd();
        }

        return peak;
    }
}
