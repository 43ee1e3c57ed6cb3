using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Threads beside libtorch's own, which TorchSharp does not lend.</summary>
public static class TorchThreads
{
    /// <summary>Calls <paramref name="body"/> for 0 … pieces − 1, in any order.</summary>
    public static void For(long pieces, Action<long> body) =>
        Parallel.For(0L, pieces, new ParallelOptions { MaxDegreeOfParallelism = torch.get_num_threads() }, body);
}
