using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp.Utils;

/// <summary>The elements of a tensor, read and written in row-major order.</summary>
/// <typeparam name="T">The element type, of the tensor's own size.</typeparam>
public sealed unsafe class TensorAccessor<T> : IEnumerable<T>
    where T : unmanaged
{
    private readonly torch.Tensor _tensor;

    internal TensorAccessor(torch.Tensor tensor)
    {
        if (Unsafe.SizeOf<T>() != tensor.ElementSize)
        {
            throw new ArgumentException($"elements of {tensor.dtype} are not {typeof(T).Name}");
        }

        bool direct = tensor.device_type == DeviceType.CPU && tensor.is_contiguous();
        _tensor = direct ? tensor : tensor.detach().cpu().contiguous();
    }

    /// <summary>The number of elements.</summary>
    public long Count => _tensor.numel();

    /// <summary>The element at a row-major position.</summary>
    public T this[long index]
    {
        get => Pointer[Checked(index)];
        set => Pointer[Checked(index)] = value;
    }

    private T* Pointer => (T*)NativeApi.TensorData(_tensor.Handle);

    /// <summary>All elements, copied.</summary>
    public T[] ToArray()
    {
        T[] array = new T[Count];
        new ReadOnlySpan<T>(Pointer, array.Length).CopyTo(array);
        return array;
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private long Checked(long index) =>
        (ulong)index < (ulong)Count ? index : throw new ArgumentOutOfRangeException(nameof(index));
}
