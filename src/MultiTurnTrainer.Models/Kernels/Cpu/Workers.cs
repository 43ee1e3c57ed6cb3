namespace MultiTurnTrainer.Models.Kernels.Cpu;

/// <summary>Splits rows over as many threads as torch's own operators use. Every row is computed by one thread, so the
/// results do not depend on how many there are.</summary>
internal static class Workers
{
    /// <summary>Below this many elements a second thread costs more than it saves.</summary>
    private const long Worthwhile = 1 << 15;

    // Whole vectors, so that the cuts leave no element to be computed otherwise than its neighbours.
    private const long Block = 1 << 12;

    /// <summary>Keeps tensors whose memory was worked on by address alive up to here.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void KeepAlive(params ReadOnlySpan<torch.Tensor> tensors) { }

    /// <summary>Runs <paramref name="body"/> for every item; all together are so many operations.</summary>
    public static void ForEach(long count, double operations, Action<long> body) =>
        TorchThreads.For(count, body, operations);

    /// <summary>Runs <paramref name="body"/> over [0, count) in contiguous ranges.</summary>
    public static void For(long count, long elementsPerItem, Action<long, long> body)
    {
        int threads = (int)Math.Min(torch.get_num_threads(), Math.Max(1, count * elementsPerItem / Worthwhile));
        if (threads <= 1 || count <= 1)
        {
            body(0, count);
            return;
        }

        // Four ranges per thread even out a core that is busy elsewhere.
        long pieces = Math.Min(count, threads * 4L);
        TorchThreads.For(pieces, piece => body(piece * count / pieces, (piece + 1) * count / pieces));
    }

    /// <summary>Runs <paramref name="body"/> over the elements [0, count) in contiguous ranges of whole vectors, but for the last.</summary>
    public static void ForElements(long count, Action<long, long> body) =>
        For((count + Block - 1) / Block, Block, (from, to) => body(from * Block, Math.Min(count, to * Block)));
}
