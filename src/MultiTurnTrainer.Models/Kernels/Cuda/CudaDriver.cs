using System.Runtime.InteropServices;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Models.Kernels.Cuda;

/// <summary>The few functions of NVIDIA's driver (<c>libcuda.so.1</c>) that launching needs, found at run time.</summary>
internal static unsafe class CudaDriver
{
    private const int ComputeCapabilityMajor = 75;
    private const int ComputeCapabilityMinor = 76;
    private static readonly nint _library = Open();

    /// <summary>The card's architecture, such as 90.</summary>
    public static int Architecture(int device)
    {
        var attribute = (delegate* unmanaged<int*, int, int, int>)Symbol("cuDeviceGetAttribute");
        int major;
        int minor;
        Check(attribute(&major, ComputeCapabilityMajor, device), "cuDeviceGetAttribute");
        Check(attribute(&minor, ComputeCapabilityMinor, device), "cuDeviceGetAttribute");
        return (major * 10) + minor;
    }

    /// <summary>Loads compiled code into the thread's current context, which is torch's.</summary>
    public static nint Load(byte[] image)
    {
        nint module;
        fixed (byte* bytes = image)
        {
            Check(
                ((delegate* unmanaged<nint*, byte*, int>)Symbol("cuModuleLoadData"))(&module, bytes),
                "cuModuleLoadData"
            );
        }

        return module;
    }

    public static nint Function(nint module, string name)
    {
        nint function;
        nint text = Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            Check(
                ((delegate* unmanaged<nint*, nint, nint, int>)Symbol("cuModuleGetFunction"))(&function, module, text),
                $"cuModuleGetFunction({name})"
            );
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }

        return function;
    }

    public static void Launch(nint function, long blocks, int threads, nint stream, ReadOnlySpan<nint> arguments)
    {
        if (_launch == null)
        {
            _launch = (delegate* unmanaged<
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
                int>)Symbol("cuLaunchKernel");
        }

        fixed (nint* parameters = arguments)
        {
            Check(
                _launch(function, checked((uint)blocks), 1, 1, (uint)threads, 1, 1, 0, stream, parameters, null),
                "cuLaunchKernel"
            );
        }
    }

    private static delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, nint*, nint*, int> _launch;

    private static nint Open() =>
        NativeLibrary.TryLoad("libcuda.so.1", out nint library)
            ? library
            : throw new MttException("libcuda.so.1 does not load", "Install NVIDIA's driver, or train on the CPU.");

    private static nint Symbol(string name) => NativeLibrary.GetExport(_library, name);

    private static void Check(int code, string what)
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
