using MultiTurnTrainer.LibTorch.Native;
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>The memory of tensors. TorchSharp has no public word for it.</summary>
public static unsafe class TensorMemory
{
    /// <summary>The address of the first element, on the tensor's own device.</summary>
    public static void* Pointer(torch.Tensor tensor) => (void*)NativeApi.TensorData(tensor.Handle);

    /// <summary>The same bytes as elements of another type; the last dimension grows or shrinks.</summary>
    public static torch.Tensor View(torch.Tensor tensor, torch.ScalarType dtype) =>
        Operator.Call("view.dtype(self, dtype)", tensor, dtype);
}
