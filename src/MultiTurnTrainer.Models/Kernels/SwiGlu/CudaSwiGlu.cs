namespace MultiTurnTrainer.Models.Kernels.SwiGlu;

/// <summary>The GPU's backend (swiglu.cu).</summary>
internal static unsafe class CudaSwiGlu
{
    private const int Threads = 256;

    public static void Forward(torch.Tensor gate, torch.Tensor up, torch.Tensor h)
    {
        void* pg = TensorMemory.Pointer(gate);
        void* pu = TensorMemory.Pointer(up);
        void* ph = TensorMemory.Pointer(h);
        long count = gate.numel();
        Backends
            .FindLauncher(gate)
            .Launch(
                "swiglu" + Backends.GetSuffix(gate),
                Blocks(gate),
                Threads,
                [(nint)(&pg), (nint)(&pu), (nint)(&ph), (nint)(&count)]
            );
    }

    public static void Backward(
        torch.Tensor gate,
        torch.Tensor up,
        torch.Tensor dh,
        torch.Tensor dgate,
        torch.Tensor dup
    )
    {
        void* pg = TensorMemory.Pointer(gate);
        void* pu = TensorMemory.Pointer(up);
        void* ph = TensorMemory.Pointer(dh);
        void* qg = TensorMemory.Pointer(dgate);
        void* qu = TensorMemory.Pointer(dup);
        long count = gate.numel();
        Backends
            .FindLauncher(gate)
            .Launch(
                "swiglu_backward" + Backends.GetSuffix(gate),
                Blocks(gate),
                Threads,
                [(nint)(&pg), (nint)(&pu), (nint)(&ph), (nint)(&qg), (nint)(&qu), (nint)(&count)]
            );
    }

    private static long Blocks(torch.Tensor tensor)
    {
        long perBlock = Threads * (16 / tensor.ElementSize);
        return (tensor.numel() + perBlock - 1) / perBlock;
    }
}
