namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Threads beside libtorch's own, which TorchSharp does not lend.</summary>
public static class TorchThreads
{
    /// <summary>Calls <paramref name="body"/> for 0 … pieces − 1, on at most that many threads, in any order.</summary>
    public static void For(long pieces, int threads, Action<long> body) =>
        Parallel.For(0L, pieces, new ParallelOptions { MaxDegreeOfParallelism = threads }, body);
}
