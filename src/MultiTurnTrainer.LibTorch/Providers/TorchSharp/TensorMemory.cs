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

    /// <summary>Room for as many bytes as elements of another type: TorchSharp cannot look at the same ones.</summary>
    public static torch.Tensor View(torch.Tensor tensor, torch.ScalarType dtype)
    {
        long size = tensor.shape[^1] * tensor.ElementSize / dtype.ElementSize();
        return torch.empty([.. tensor.shape[..^1], size], dtype, tensor.device);
    }
}
