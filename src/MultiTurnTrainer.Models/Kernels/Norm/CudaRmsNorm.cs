namespace MultiTurnTrainer.Models.Kernels.Norm;

/// <summary>The GPU's backend (rms_norm.cu).</summary>
internal static unsafe class CudaRmsNorm
{
    private const int Threads = 256;
    private const int WarpWidth = 1024;

    public static void Forward(
        torch.Tensor x,
        torch.Tensor weight,
        torch.Tensor y,
        torch.Tensor inverse,
        float epsilon,
        bool addsOne
    )
    {
        void* px = TensorMemory.Pointer(x);
        void* pw = TensorMemory.Pointer(weight);
        void* py = TensorMemory.Pointer(y);
        void* pi = TensorMemory.Pointer(inverse);
        (long rows, int width, int one, int warp) = Shape(x, addsOne);
        Backends
            .FindLauncher(x)
            .Launch(
                "rms_norm" + Backends.GetSuffix(x),
                Blocks(rows, warp),
                Threads,
                [
                    (nint)(&px),
                    (nint)(&pw),
                    (nint)(&py),
                    (nint)(&pi),
                    (nint)(&rows),
                    (nint)(&width),
                    (nint)(&epsilon),
                    (nint)(&one),
                    (nint)(&warp),
                ]
            );
    }

    public static void Backward(
        torch.Tensor x,
        torch.Tensor weight,
        torch.Tensor dy,
        torch.Tensor inverse,
        torch.Tensor dx,
        bool addsOne
    )
    {
        void* px = TensorMemory.Pointer(x);
        void* pw = TensorMemory.Pointer(weight);
        void* pd = TensorMemory.Pointer(dy);
        void* pi = TensorMemory.Pointer(inverse);
        void* pr = TensorMemory.Pointer(dx);
        (long rows, int width, int one, int warp) = Shape(x, addsOne);
        Backends
            .FindLauncher(x)
            .Launch(
                "rms_norm_backward" + Backends.GetSuffix(x),
                Blocks(rows, warp),
                Threads,
                [
                    (nint)(&px),
                    (nint)(&pw),
                    (nint)(&pd),
                    (nint)(&pi),
                    (nint)(&pr),
                    (nint)(&rows),
                    (nint)(&width),
                    (nint)(&one),
                    (nint)(&warp),
                ]
            );
    }

    private static (long Rows, int Width, int AddsOne, int WarpRows) Shape(torch.Tensor x, bool addsOne)
    {
        int width = checked((int)x.size(-1));
        return (x.numel() / width, width, addsOne ? 1 : 0, width <= WarpWidth ? 1 : 0);
    }

    private static long Blocks(long rows, int warpRows) =>
        warpRows == 0 ? rows : (rows + (Threads / 32) - 1) / (Threads / 32);
}
