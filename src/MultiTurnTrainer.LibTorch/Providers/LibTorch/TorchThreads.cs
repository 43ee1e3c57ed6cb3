using MultiTurnTrainer.LibTorch.Native;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>The threads that libtorch's own operators run on. Work of ours there wakes no second pool of threads.</summary>
public static unsafe class TorchThreads
{
    /// <summary>Calls <paramref name="body"/> for 0 … pieces − 1, in any order.</summary>
    public static void For(long pieces, Action<long> body)
    {
        NativeApi.EnsureLoaded();
        Work work = new(body);
        GCHandle handle = GCHandle.Alloc(work);
        try
        {
            nint call = (nint)(delegate* unmanaged<nint, long, void>)&Call;
            NativeApi.Parallel(pieces, call, GCHandle.ToIntPtr(handle));
        }
        finally
        {
            handle.Free();
        }

        if (work.Failure is { } failure)
        {
            throw new AggregateException(failure);
        }
    }

    [UnmanagedCallersOnly]
    private static void Call(nint state, long piece)
    {
        Work work = (Work)GCHandle.FromIntPtr(state).Target!;
        try
        {
            work.Body(piece);
        }
        catch (Exception problem)
        {
            // An exception must not cross native frames.
            work.Failure = problem;
        }
    }

    private sealed class Work(Action<long> body)
    {
        public Action<long> Body => body;

        public volatile Exception? Failure;
    }
}
