namespace MultiTurnTrainer.Models.Kernels.Rotary;

/// <summary>The GPU's backend (rotary.cu).</summary>
internal static unsafe class CudaRotary
{
    private const int Threads = 256;

    public static void Rotate(torch.Tensor x, torch.Tensor cosine, torch.Tensor sine, torch.Tensor y, float sign)
    {
        void* px = TensorMemory.Pointer(x);
        void* pc = TensorMemory.Pointer(cosine);
        void* ps = TensorMemory.Pointer(sine);
        void* py = TensorMemory.Pointer(y);
        int heads = (int)x.size(1);
        int width = (int)x.size(2);
        int half = (int)cosine.size(-1);
        long rows = x.size(0) * heads;
        Backends
            .FindLauncher(x)
            .Launch(
                "rotary" + Backends.GetSuffix(x),
                ((rows * (width - half)) + Threads - 1) / Threads,
                Threads,
                [
                    (nint)(&px),
                    (nint)(&pc),
                    (nint)(&ps),
                    (nint)(&py),
                    (nint)(&rows),
                    (nint)(&heads),
                    (nint)(&width),
                    (nint)(&half),
                    (nint)(&sign),
                ]
            );
    }
}
