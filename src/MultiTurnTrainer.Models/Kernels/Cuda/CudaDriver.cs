namespace MultiTurnTrainer.Models.Kernels.Cuda;

/// <summary>The few functions of NVIDIA's driver (<c>libcuda.so.1</c>) that kernels need, found at run time.</summary>
internal sealed unsafe class CudaDriver
{
    /// <summary>The driver's library.</summary>
    public const string LibraryName = "libcuda.so.1";

    private const int ComputeCapabilityMajor = 75;
    private const int ComputeCapabilityMinor = 76;
    private static readonly Lazy<CudaDriver> _instance = new(() => new CudaDriver());

    private readonly ConcurrentDictionary<int, nint> _contexts = new();
    private readonly nint _library;
    private readonly delegate* unmanaged<int*, int, int, int> _attribute;
    private readonly delegate* unmanaged<nint*, int, int> _retain;
    private readonly delegate* unmanaged<nint*, int> _current;
    private readonly delegate* unmanaged<nint, int> _setCurrent;
    private readonly delegate* unmanaged<nuint*, nuint*, int> _memory;
    private readonly delegate* unmanaged<nint*, byte*, int> _load;
    private readonly delegate* unmanaged<nint*, nint, byte*, int> _function;
    private readonly delegate* unmanaged<
        nint,
        uint,
        uint,
        uint,
        uint,
        uint,
        uint,
        uint,
        nint,
        nint*,
        nint*,
        int> _launch;

    private CudaDriver()
    {
        if (!SystemLibrary.TryLoad(LibraryName, out _library))
        {
            throw new MttException("libcuda.so.1 does not load", "Install NVIDIA's driver, or train on the CPU.");
        }

        _attribute = (delegate* unmanaged<int*, int, int, int>)Symbol("cuDeviceGetAttribute");
        _retain = (delegate* unmanaged<nint*, int, int>)Symbol("cuDevicePrimaryCtxRetain");
        _current = (delegate* unmanaged<nint*, int>)Symbol("cuCtxGetCurrent");
        _setCurrent = (delegate* unmanaged<nint, int>)Symbol("cuCtxSetCurrent");
        _memory = (delegate* unmanaged<nuint*, nuint*, int>)Symbol("cuMemGetInfo_v2");
        _load = (delegate* unmanaged<nint*, byte*, int>)Symbol("cuModuleLoadData");
        _function = (delegate* unmanaged<nint*, nint, byte*, int>)Symbol("cuModuleGetFunction");
        _launch = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, nint*, nint*, int>)Symbol(
            "cuLaunchKernel"
        );
        Check(((delegate* unmanaged<uint, int>)Symbol("cuInit"))(0), "cuInit");
    }

    /// <summary>The driver of this machine.</summary>
    /// <exception cref="MttException">There is none.</exception>
    public static CudaDriver Instance => _instance.Value;

    /// <summary>The card's architecture, such as 90.</summary>
    public int Architecture(int device)
    {
        int major;
        int minor;
        Check(_attribute(&major, ComputeCapabilityMajor, device), "cuDeviceGetAttribute");
        Check(_attribute(&minor, ComputeCapabilityMinor, device), "cuDeviceGetAttribute");
        return (major * 10) + minor;
    }

    /// <summary>Bytes of a card that nobody has taken.</summary>
    public long FreeBytes(int device)
    {
        Bind(device);
        nuint free;
        nuint total;
        Check(_memory(&free, &total), "cuMemGetInfo");
        return checked((long)free);
    }

    /// <summary>Loads compiled code for a card.</summary>
    public nint Load(int device, byte[] image)
    {
        Bind(device);
        nint module;
        fixed (byte* bytes = image)
        {
            Check(_load(&module, bytes), "cuModuleLoadData");
        }

        return module;
    }

    public nint Function(int device, nint module, string name)
    {
        Bind(device);
        nint function;
        fixed (byte* text = System.Text.Encoding.UTF8.GetBytes(name + '\0'))
        {
            Check(_function(&function, module, text), $"cuModuleGetFunction({name})");
        }

        return function;
    }

    public void Launch(int device, nint function, long blocks, int threads, nint stream, ReadOnlySpan<nint> arguments)
    {
        Bind(device);
        fixed (nint* parameters = arguments)
        {
            Check(
                _launch(function, checked((uint)blocks), 1, 1, (uint)threads, 1, 1, 0, stream, parameters, null),
                "cuLaunchKernel"
            );
        }
    }

    // Makes the card's primary context, which is torch's, this thread's. A thread of autograd's own may have none yet: what torch
    // does there before a kernel of ours need not have reached the driver.
    private void Bind(int device)
    {
        nint wanted = _contexts.GetOrAdd(
            device,
            static (index, driver) =>
            {
                nint context;
                driver.Check(driver._retain(&context, index), "cuDevicePrimaryCtxRetain");
                return context;
            },
            this
        );
        nint current;
        Check(_current(&current), "cuCtxGetCurrent");
        if (current != wanted)
        {
            Check(_setCurrent(wanted), "cuCtxSetCurrent");
        }
    }

    private nint Symbol(string name) => NativeLibrary.GetExport(_library, name);

    private void Check(int code, string what)
    {
        if (code == 0)
        {
            return;
        }

        nint text;
        var describe = (delegate* unmanaged<int, nint*, int>)Symbol("cuGetErrorString");
        string reason = describe(code, &text) == 0 ? Marshal.PtrToStringUTF8(text)! : "unknown";
        throw new InvalidOperationException($"{what}: {reason} ({code})");
    }
}
