namespace MultiTurnTrainer.Training.Distillation;

/// <summary>
/// Plain operators over the rows of a matrix, a few rows at a time. On the processor each piece is one thread's: cuts depend on the
/// number of rows alone, where an operator that shares itself out would compute other elements of a row by other instructions on
/// another number of threads; and what the operators hand on stays in cache.
/// </summary>
internal static class RowPieces
{
    private const long Rows = 4;

    /// <summary>Calls <paramref name="body"/> with the first row and the number of rows of each piece, without autograd.</summary>
    public static void ForEach(Device device, int rows, Action<int, int> body)
    {
        if (device.type != DeviceType.CPU)
        {
            Piece(0, rows);
            return;
        }

        TorchThreads.For(
            (rows + Rows - 1) / Rows,
            piece => Piece((int)(piece * Rows), (int)Math.Min(Rows, rows - (piece * Rows)))
        );

        void Piece(int start, int count)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable quiet = no_grad();
            body(start, count);
        }
    }
}
