using unsafe Kernel = delegate* unmanaged<
    byte,
    byte,
    long,
    long,
    long,
    float,
    void*,
    long,
    void*,
    long,
    float,
    float*,
    long,
    int>;
using unsafe Mask = delegate* unmanaged<int, void*, void*, int>;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>oneDNN's row-major product.</summary>
internal sealed unsafe class OneDnnGemm : GemmLibrary
{
    private const int Block = 0;
    private const int Restore = 2;

    // Those that a fault of the thread itself raises: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV.
    private const ulong Faults = (1UL << 3) | (1UL << 4) | (1UL << 6) | (1UL << 7) | (1UL << 10);
    private const int MaskWords = 16;

    private readonly Kernel _kernel;
    private readonly Mask _mask;

    private OneDnnGemm(Kernel kernel, Mask mask)
    {
        _kernel = kernel;
        _mask = mask;
    }

    public static new OneDnnGemm? Find(bool half)
    {
        Kernel kernel = (Kernel)TorchRuntime.Symbol(half ? "dnnl_gemm_bf16bf16f32" : "dnnl_sgemm");
        Mask mask = (Mask)TorchRuntime.Symbol("pthread_sigmask");
        return kernel is null || mask is null ? null : new(kernel, mask);
    }

    /// <summary>
    /// Signals wait until its end: oneDNN's fp32 kernels let the stack pointer run through a workspace on the heap, and the frame of a
    /// signal that arrived there would lie over whatever the heap holds below it. The runtime suspends threads by signals, and a
    /// terminal or a shell sends others.
    /// </summary>
    public override bool TryRun(in GemmTask task)
    {
        ulong* blocked = stackalloc ulong[MaskWords];
        ulong* before = stackalloc ulong[MaskWords];
        new Span<ulong>(blocked, MaskWords).Fill(ulong.MaxValue);
        blocked[0] &= ~Faults;
        _ = _mask(Block, blocked, before);
        int code = _kernel(
            Letter(task.A),
            Letter(task.B),
            task.Rows,
            task.Columns,
            task.Inner,
            task.Alpha,
            task.A.Data,
            task.A.Stride,
            task.B.Data,
            task.B.Stride,
            task.Beta,
            task.C,
            task.Stride
        );
        _ = _mask(Restore, before, null);
        return code == 0;
    }

    private static byte Letter(GemmFactor factor) => factor.Transposed ? (byte)'T' : (byte)'N';
}
