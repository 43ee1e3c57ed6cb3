// Folder Cuda: compiles the embedded .cu files and launches them on torch's stream.
// Refuses to know: what a kernel computes.

namespace MultiTurnTrainer.Models.Kernels.Cuda;

/// <summary>
/// All kernels of mtt for one GPU: the embedded <c>.cu</c> files compiled by NVRTC for the card at hand on first use, launched
/// through the driver on the stream that torch's operators use.
/// </summary>
internal sealed unsafe class CudaKernels : IKernelLauncher
{
    private static readonly ConcurrentDictionary<int, Lazy<CudaKernels>> _devices = new();
    private readonly ConcurrentDictionary<string, nint> _functions = new(StringComparer.Ordinal);
    private readonly torch.Device _device;
    private readonly nint _module;

    private CudaKernels(int index)
    {
        _device = new torch.Device(DeviceType.CUDA, index);
        TorchRuntime.SetCudaDevice(index);
        CudaDriver driver = CudaDriver.Instance;
        _module = driver.Load(index, Nvrtc.Compile(Source(), driver.Architecture(index)));
    }

    /// <summary>The kernels for the device of a tensor.</summary>
    public static CudaKernels For(torch.Tensor tensor) =>
        _devices.GetOrAdd(Math.Max(tensor.device.index, 0), index => new Lazy<CudaKernels>(() => new(index))).Value;

    /// <summary>The text that is compiled: the shared part, then every kernel.</summary>
    public static string Source()
    {
        StringBuilder text = new();
        foreach (string name in (string[])["common.cuh", .. Names()])
        {
            using Stream stream = typeof(CudaKernels).Assembly.GetManifestResourceStream(name)!;
            using StreamReader reader = new(stream);
            text.Append("#line 1 \"").Append(name).Append("\"\n").Append(reader.ReadToEnd());
        }

        return text.ToString();
    }

    public void Launch(string kernel, long blocks, int threads, ReadOnlySpan<nint> arguments)
    {
        nint function = _functions.GetOrAdd(
            kernel,
            static (name, own) => CudaDriver.Instance.Function(own._device.index, own._module, name),
            this
        );
        CudaDriver.Instance.Launch(
            _device.index,
            function,
            blocks,
            threads,
            TorchRuntime.CudaStream(_device),
            arguments
        );
    }

    private static IEnumerable<string> Names() =>
        typeof(CudaKernels)
            .Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".cu", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
}
