using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>The memory of tensors, through libtorch's stable C interface.</summary>
public static unsafe class TensorMemory
{
    /// <summary>The address of the first element, on the tensor's own device.</summary>
    public static void* Pointer(torch.Tensor tensor) => StableInterface.Data(tensor);

    /// <summary>The same bytes as elements of another type; the last dimension grows or shrinks.</summary>
    public static torch.Tensor View(torch.Tensor tensor, torch.ScalarType dtype) => StableInterface.View(tensor, dtype);
}
