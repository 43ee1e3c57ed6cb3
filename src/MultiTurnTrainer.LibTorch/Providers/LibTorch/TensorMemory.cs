using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using MultiTurnTrainer.LibTorch.Native;
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Tensors over memory that others own, and the memory of tensors. TorchSharp has no public word for these.</summary>
public static unsafe class TensorMemory
{
    private static readonly ConcurrentDictionary<long, object> _owners = new();
    private static long _lastOwner;

    /// <summary>The address of the first element, on the tensor's own device.</summary>
    public static void* Pointer(torch.Tensor tensor) => (void*)NativeApi.TensorData(tensor.Handle);

    /// <summary>The elements of a contiguous tensor in the processor's memory, without a copy.</summary>
    public static Span<T> Span<T>(torch.Tensor tensor)
        where T : unmanaged
    {
        if (tensor.device_type != DeviceType.CPU || !tensor.is_contiguous() || tensor.ElementSize != sizeof(T))
        {
            throw new ArgumentException(
                $"{tensor} is not a contiguous tensor of {typeof(T).Name} in the processor's memory"
            );
        }

        return new Span<T>(Pointer(tensor), checked((int)tensor.numel()));
    }

    /// <summary>The same bytes as elements of another type; the last dimension grows or shrinks.</summary>
    public static torch.Tensor View(torch.Tensor tensor, torch.ScalarType dtype) =>
        Operator.Call("view.dtype(self, dtype)", tensor, dtype);

    /// <summary>
    /// A tensor over memory that it does not own, such as a mapped file; <paramref name="owner"/> is kept alive until
    /// libtorch lets go of the last view.
    /// </summary>
    /// <param name="data">The first element.</param>
    /// <param name="shape">The lengths of the dimensions, row-major.</param>
    /// <param name="dtype">The element type.</param>
    /// <param name="owner">What keeps the memory valid.</param>
    public static torch.Tensor FromPointer(void* data, ReadOnlySpan<long> shape, torch.ScalarType dtype, object owner)
    {
        NativeApi.EnsureLoaded();
        long id = Interlocked.Increment(ref _lastOwner);
        _owners[id] = owner;
        nint result;
        fixed (long* sizes = shape)
        {
            int code = NativeApi.FromBlob(
                data,
                sizes,
                null,
                shape.Length,
                (int)dtype,
                torch.CPU.Packed,
                (nint)(delegate* unmanaged<long, void>)&OnFree,
                id,
                &result
            );
            if (code != 0)
            {
                _owners.TryRemove(id, out _);
            }

            NativeApi.Check(code, "from_blob");
        }

        return torch.Tensor.Own(result);
    }

    [UnmanagedCallersOnly]
    private static void OnFree(long id) => _owners.TryRemove(id, out _);
}
