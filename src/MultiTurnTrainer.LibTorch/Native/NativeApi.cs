// Folder Native: builds, loads and calls the C++ part over libtorch.
// Refuses to know: what an operator is used for.
using MultiTurnTrainer.LibTorch.Installations;
using MultiTurnTrainer.LibTorch.Loading;

namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>The C ABI of Cpp/mtt_torch.cpp as function pointers, loaded (and built) on first use.</summary>
internal static unsafe class NativeApi
{
    public static delegate* unmanaged<byte*> Error;
    public static delegate* unmanaged<byte*, void> SetManagedError;
    public static delegate* unmanaged<byte*> TorchVersion;
    public static delegate* unmanaged<byte*, byte*, byte**, int, nint> Operator;
    public static delegate* unmanaged<nint, NativeValue*, NativeValue*, int, int*, int> Call;
    public static delegate* unmanaged<nint, void> TensorFree;
    public static delegate* unmanaged<nint, nint> TensorAlias;
    public static delegate* unmanaged<long> LiveHandles;
    public static delegate* unmanaged[SuppressGCTransition]<nint, long> TensorDim;
    public static delegate* unmanaged[SuppressGCTransition]<nint, long*, long*, void> TensorSizes;
    public static delegate* unmanaged[SuppressGCTransition]<nint, long, long> TensorSize;
    public static delegate* unmanaged[SuppressGCTransition]<nint, long> TensorNumel;
    public static delegate* unmanaged[SuppressGCTransition]<nint, int> TensorType;
    public static delegate* unmanaged[SuppressGCTransition]<nint, long> TensorDevice;
    public static delegate* unmanaged<nint, int> TensorFlags;
    public static delegate* unmanaged<nint, nint> TensorData;
    public static delegate* unmanaged<nint, int, int> TensorSetRequiresGrad;
    public static delegate* unmanaged<nint, nint> TensorGrad;
    public static delegate* unmanaged<nint, nint, int> TensorSetGrad;
    public static delegate* unmanaged<int, int> GradMode;
    public static delegate* unmanaged<nint*, nint*, int, int, int, nint*, int, int> Backward;
    public static delegate* unmanaged<nint*, nint*, int, nint*, int, int, int, int, nint*, int> Grad;
    public static delegate* unmanaged<nint, nint, void> SetCallbacks;
    public static delegate* unmanaged<nint*, int, int> NeedsGrad;
    public static delegate* unmanaged<long, byte*, nint*, int, nint*, int, nint*, int, nint*, int> Function;
    public static delegate* unmanaged<nint, nint*, int, int> FunctionSaved;
    public static delegate* unmanaged<ulong, int> ManualSeed;
    public static delegate* unmanaged<long, nint*, int> RngState;
    public static delegate* unmanaged<long, nint, int> SetRngState;
    public static delegate* unmanaged<int, int> ConfigureThreads;
    public static delegate* unmanaged<int> Threads;
    public static delegate* unmanaged<void> CpuMemoryBegin;
    public static delegate* unmanaged<long> CpuMemoryEnd;
    public static delegate* unmanaged<int> CudaDeviceCount;
    public static delegate* unmanaged<int> CudaInit;
    public static delegate* unmanaged<int, int> CudaSetDevice;
    public static delegate* unmanaged<int, nint*, int> CudaStream;
    public static delegate* unmanaged<int, int> CudaSynchronize;
    public static delegate* unmanaged<int, long*, int> CudaMemory;
    public static delegate* unmanaged<int, int> CudaResetPeak;
    public static delegate* unmanaged<int> CudaEmptyCache;
    public static delegate* unmanaged<int, int> Deterministic;
    public static delegate* unmanaged<byte*, byte*> SymbolFile;
    public static delegate* unmanaged<int> HasMkl;
    public static delegate* unmanaged<int> HasMkldnn;

    private static readonly Lock _lock = new();
    private static volatile bool _loaded;
    private static nint _library;

    /// <summary>The installation that is loaded, once <see cref="EnsureLoaded"/> has returned.</summary>
    public static LibTorchInstallation? Installation { get; private set; }

    /// <summary>Told in one line when the native part is about to be built.</summary>
    public static Action<string>? Notice { get; set; }

    /// <summary>Finds libtorch, builds the native part if this is the first time, and loads it.</summary>
    public static void EnsureLoaded()
    {
        if (_loaded)
        {
            return;
        }

        lock (_lock)
        {
            if (!_loaded)
            {
                LibTorchInstallation installation = LibTorchInstallation.Find();
                string path = NativeCache.Ensure(installation, Notice);
                NativeEnvironment.Prepare();
                HashSet<string> before = LoadedLibraries.List();
                _library = Load(path);
                Bind(_library);
                LoadedLibraries.Release(before);
                Installation = installation;
                NativeEnvironment.KeepFreedMemory();
                if (Threads() == 1 && Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null)
                {
                    // Debian's libtorch takes one core unless told.
                    Check(ConfigureThreads(Environment.ProcessorCount), "set_num_threads");
                }

                AutogradCallbacks.Register();
                _loaded = true;
            }
        }
    }

    /// <summary>A function of libtorch or of a library that it has loaded; 0 where there is none.</summary>
    public static nint Symbol(string name)
    {
        EnsureLoaded();
        return NativeLibrary.TryGetExport(_library, name, out nint address) ? address : 0;
    }

    /// <summary>Throws the native error under the name of what was called.</summary>
    public static void Check(int code, string operation)
    {
        if (code != 0)
        {
            throw new TorchException(operation, Marshal.PtrToStringUTF8((nint)Error()) ?? "unknown error");
        }
    }

    private static nint Load(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException problem)
        {
            throw new MttException(
                $"the native part does not load: {problem.Message.Split('\n')[0]}",
                $"Delete {Path.GetDirectoryName(path)} and run mtt setup.",
                problem
            );
        }
    }

    private static void Bind(nint library)
    {
        BindTensors(Symbol);
        BindGraph(Symbol);
        BindMachine(Symbol);

        nint Symbol(string name) => NativeLibrary.GetExport(library, name);
    }

    private static void BindTensors(Func<string, nint> symbol)
    {
        Error = (delegate* unmanaged<byte*>)symbol("mtt_error");
        SetManagedError = (delegate* unmanaged<byte*, void>)symbol("mtt_set_managed_error");
        TorchVersion = (delegate* unmanaged<byte*>)symbol("mtt_torch_version");
        Operator = (delegate* unmanaged<byte*, byte*, byte**, int, nint>)symbol("mtt_operator");
        Call = (delegate* unmanaged<nint, NativeValue*, NativeValue*, int, int*, int>)symbol("mtt_call");
        TensorFree = (delegate* unmanaged<nint, void>)symbol("mtt_tensor_free");
        TensorAlias = (delegate* unmanaged<nint, nint>)symbol("mtt_tensor_alias");
        LiveHandles = (delegate* unmanaged<long>)symbol("mtt_live_handles");
        TensorDim = (delegate* unmanaged[SuppressGCTransition]<nint, long>)symbol("mtt_tensor_dim");
        TensorSizes = (delegate* unmanaged[SuppressGCTransition]<nint, long*, long*, void>)symbol("mtt_tensor_sizes");
        TensorSize = (delegate* unmanaged[SuppressGCTransition]<nint, long, long>)symbol("mtt_tensor_size");
        TensorNumel = (delegate* unmanaged[SuppressGCTransition]<nint, long>)symbol("mtt_tensor_numel");
        TensorType = (delegate* unmanaged[SuppressGCTransition]<nint, int>)symbol("mtt_tensor_dtype");
        TensorDevice = (delegate* unmanaged[SuppressGCTransition]<nint, long>)symbol("mtt_tensor_device");
        TensorFlags = (delegate* unmanaged<nint, int>)symbol("mtt_tensor_flags");
        TensorData = (delegate* unmanaged<nint, nint>)symbol("mtt_tensor_data");
        TensorSetRequiresGrad = (delegate* unmanaged<nint, int, int>)symbol("mtt_tensor_set_requires_grad");
        TensorGrad = (delegate* unmanaged<nint, nint>)symbol("mtt_tensor_grad");
        TensorSetGrad = (delegate* unmanaged<nint, nint, int>)symbol("mtt_tensor_set_grad");
    }

    private static void BindGraph(Func<string, nint> symbol)
    {
        GradMode = (delegate* unmanaged<int, int>)symbol("mtt_grad_mode");
        Backward = (delegate* unmanaged<nint*, nint*, int, int, int, nint*, int, int>)symbol("mtt_backward");
        Grad = (delegate* unmanaged<nint*, nint*, int, nint*, int, int, int, int, nint*, int>)symbol("mtt_grad");
        SetCallbacks = (delegate* unmanaged<nint, nint, void>)symbol("mtt_set_callbacks");
        NeedsGrad = (delegate* unmanaged<nint*, int, int>)symbol("mtt_needs_grad");
        Function = (delegate* unmanaged<long, byte*, nint*, int, nint*, int, nint*, int, nint*, int>)symbol(
            "mtt_function"
        );
        FunctionSaved = (delegate* unmanaged<nint, nint*, int, int>)symbol("mtt_function_saved");
        ManualSeed = (delegate* unmanaged<ulong, int>)symbol("mtt_manual_seed");
        RngState = (delegate* unmanaged<long, nint*, int>)symbol("mtt_rng_state");
        SetRngState = (delegate* unmanaged<long, nint, int>)symbol("mtt_set_rng_state");
    }

    private static void BindMachine(Func<string, nint> symbol)
    {
        ConfigureThreads = (delegate* unmanaged<int, int>)symbol("mtt_configure_threads");
        Threads = (delegate* unmanaged<int>)symbol("mtt_threads");
        CpuMemoryBegin = (delegate* unmanaged<void>)symbol("mtt_cpu_memory_begin");
        CpuMemoryEnd = (delegate* unmanaged<long>)symbol("mtt_cpu_memory_end");
        CudaDeviceCount = (delegate* unmanaged<int>)symbol("mtt_cuda_device_count");
        CudaInit = (delegate* unmanaged<int>)symbol("mtt_cuda_init");
        CudaSetDevice = (delegate* unmanaged<int, int>)symbol("mtt_cuda_set_device");
        CudaStream = (delegate* unmanaged<int, nint*, int>)symbol("mtt_cuda_stream");
        CudaSynchronize = (delegate* unmanaged<int, int>)symbol("mtt_cuda_synchronize");
        CudaMemory = (delegate* unmanaged<int, long*, int>)symbol("mtt_cuda_memory");
        CudaResetPeak = (delegate* unmanaged<int, int>)symbol("mtt_cuda_reset_peak");
        CudaEmptyCache = (delegate* unmanaged<int>)symbol("mtt_cuda_empty_cache");
        Deterministic = (delegate* unmanaged<int, int>)symbol("mtt_deterministic");
        SymbolFile = (delegate* unmanaged<byte*, byte*>)symbol("mtt_symbol_file");
        HasMkl = (delegate* unmanaged<int>)symbol("mtt_has_mkl");
        HasMkldnn = (delegate* unmanaged<int>)symbol("mtt_has_mkldnn");
    }
}
