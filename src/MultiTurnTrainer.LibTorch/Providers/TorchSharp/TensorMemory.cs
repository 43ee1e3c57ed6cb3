using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>The memory of tensors, as far as TorchSharp's interface reaches: the processor's.</summary>
public static unsafe class TensorMemory
{
    /// <summary>The address of the first element of a contiguous tensor in the processor's memory.</summary>
    public static void* Pointer(torch.Tensor tensor)
    {
        fixed (byte* first = tensor.bytes)
        {
            // Native memory: it does not move when the pin ends.
            return first;
        }
    }

    /// <summary>The elements of a contiguous tensor in the processor's memory, without a copy.</summary>
    public static Span<T> Span<T>(torch.Tensor tensor)
        where T : unmanaged => new(Pointer(tensor), checked((int)tensor.numel()));

    /// <summary>Room for as many bytes as elements of another type: TorchSharp cannot look at the same ones.</summary>
    public static torch.Tensor View(torch.Tensor tensor, torch.ScalarType dtype)
    {
        long size = tensor.shape[^1] * tensor.ElementSize / dtype.ElementSize();
        return torch.empty([.. tensor.shape[..^1], size], dtype, tensor.device);
    }

    /// <summary>A tensor with the elements of some memory, copied: TorchSharp cannot share it.</summary>
    /// <param name="data">The first element.</param>
    /// <param name="shape">The lengths of the dimensions, row-major.</param>
    /// <param name="dtype">The element type.</param>
    /// <param name="owner">What keeps the memory valid during the call.</param>
    public static torch.Tensor FromPointer(void* data, ReadOnlySpan<long> shape, torch.ScalarType dtype, object owner)
    {
        torch.Tensor tensor = torch.empty(shape.ToArray(), dtype);
        Span<byte> bytes = tensor.bytes;
        new ReadOnlySpan<byte>(data, bytes.Length).CopyTo(bytes);
        GC.KeepAlive(owner);
        return tensor;
    }
}
