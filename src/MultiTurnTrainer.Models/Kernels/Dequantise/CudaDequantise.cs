namespace MultiTurnTrainer.Models.Kernels.Dequantise;

/// <summary>The GPU's backend (dequantise.cu).</summary>
internal static unsafe class CudaDequantise
{
    private const int Threads = 256;

    // As dequantise.cu has it.
    private const int PerThread = 8;

    public static void Run(QuantisedMatrix matrix, torch.Tensor scales, torch.Tensor target)
    {
        void* codes = TensorMemory.Pointer(matrix.Codes);
        void* meanings = TensorMemory.Pointer(matrix.Meanings);
        void* factors = TensorMemory.Pointer(scales);
        void* result = TensorMemory.Pointer(target);
        int perByte = (int)matrix.Meanings.size(1);
        BlockGrid grid = matrix.Grid;
        long count = grid.Count;
        long columns = grid.Columns;
        long blockRows = grid.BlockRows;
        long blockColumns = grid.BlockColumns;
        float factor = matrix.Factor;
        long perBlock = Threads * PerThread;
        Backends
            .FindLauncher(target)
            .Launch(
                "dequantise" + Backends.GetSuffix(target),
                (count + perBlock - 1) / perBlock,
                Threads,
                [
                    (nint)(&codes),
                    (nint)(&meanings),
                    (nint)(&factors),
                    (nint)(&result),
                    (nint)(&perByte),
                    (nint)(&count),
                    (nint)(&columns),
                    (nint)(&blockRows),
                    (nint)(&blockColumns),
                    (nint)(&factor),
                ]
            );
        GC.KeepAlive(matrix);
    }
}
