namespace MultiTurnTrainer.Models.Kernels.Dequantise;

/// <summary>Numbers of codes, in one pass over the matrix.</summary>
internal static class DequantiseKernel
{
    /// <summary>The matrix in a type, in the caller's scope.</summary>
    public static Tensor Run(QuantisedMatrix matrix, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor scales = matrix.Scales.Get();
        Tensor target = empty([matrix.Rows, matrix.Columns], type, matrix.Codes.device);
        switch (Backends.Choose(target))
        {
            case Backend.Cuda:
                CudaDequantise.Run(matrix, scales, target);
                break;
            case Backend.Cpu:
                CpuDequantise.Run(matrix, scales, target);
                break;
            default:
                target = Composed(matrix, type);
                break;
        }

        return target.MoveToOuterDisposeScope();
    }

    /// <summary>The reference, in plain operators.</summary>
    public static Tensor Composed(QuantisedMatrix matrix, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        BlockGrid grid = matrix.Grid;
        Tensor values = matrix
            .Meanings.index_select(0, matrix.Codes.to(int64)) // [256, k] -> [bytes, k]
            .view(-1)
            .narrow(0, 0, grid.Count)
            .view(grid.Rows, grid.Columns);
        Tensor scales = matrix
            .Scales.Get()
            .view(grid.BlocksDown, grid.BlocksAcross)
            .index_select(0, Spread(grid.Rows, grid.BlockRows, values.device))
            .index_select(1, Spread(grid.Columns, grid.BlockColumns, values.device));
        return (values * scales * matrix.Factor).to(type).view(matrix.Rows, matrix.Columns).MoveToOuterDisposeScope();
    }

    // Of each row (or column), the block that it is in.
    private static Tensor Spread(long count, long block, Device device)
    {
        long[] places = new long[count];
        for (long i = 0; i < count; i++)
        {
            places[i] = i / block;
        }

        return tensor(places).to(device);
    }
}
