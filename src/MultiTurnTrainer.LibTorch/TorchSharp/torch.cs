// Folder TorchSharp: the part of TorchSharp's interface that mtt uses, over our own binding.
// Refuses to know: anything of mtt.
using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

/// <summary>
/// A strict subset of TorchSharp's public interface over the libtorch of this machine: same names, same meaning, so that
/// code above it also builds on the TorchSharp package.
/// </summary>
public static unsafe partial class torch
{
    /// <summary>The loaded libtorch's version.</summary>
    public static string __version__
    {
        get
        {
            NativeApi.EnsureLoaded();
            return System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)NativeApi.TorchVersion())!;
        }
    }

    /// <summary>Opens a scope that owns the tensors made on this thread until it is disposed of.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.ThreadSingleton.NewDisposeScope();

    /// <summary>How many threads an operator may use on the processor.</summary>
    public static void set_num_threads(int num)
    {
        NativeApi.EnsureLoaded();
        NativeApi.Check(NativeApi.ConfigureThreads(num), "set_num_threads");
    }

    /// <summary>How many threads an operator may use on the processor.</summary>
    public static int get_num_threads()
    {
        NativeApi.EnsureLoaded();
        return NativeApi.Threads();
    }

    /// <summary>Joined along a dimension.</summary>
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) =>
        Operator.Call("cat(tensors, dim)", (Tensor[])[.. tensors], dim);

    /// <summary>Product of matrices, batched and broadcast.</summary>
    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);

    /// <summary>Products of two stacks of matrices.</summary>
    public static Tensor bmm(Tensor input, Tensor batch2) => input.bmm(batch2);

    /// <summary>Sums of products by Einstein's convention.</summary>
    public static Tensor einsum(string equation, params Tensor[] tensors) =>
        Operator.Call("einsum(equation, tensors)", equation, tensors);

    /// <summary>The NVIDIA GPUs.</summary>
    public static class cuda
    {
        /// <summary>Whether libtorch has a CUDA half and a GPU answers.</summary>
        public static bool is_available() => device_count() > 0;

        /// <summary>How many GPUs there are.</summary>
        public static int device_count()
        {
            NativeApi.EnsureLoaded();
            return NativeApi.CudaDeviceCount();
        }

        /// <summary>Waits until a GPU has done all its work.</summary>
        public static void synchronize(Device? device = null)
        {
            NativeApi.EnsureLoaded();
            NativeApi.Check(NativeApi.CudaSynchronize(Math.Max(device?.index ?? 0, 0)), "cuda.synchronize");
        }
    }
}
