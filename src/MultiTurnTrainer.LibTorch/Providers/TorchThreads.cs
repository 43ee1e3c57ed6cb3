using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>
/// The threads that libtorch's own operators run on. Work of ours there wakes no second pool of threads: it enters a parallel region
/// of the OpenMP runtime that libtorch has loaded.
/// </summary>
public static unsafe class TorchThreads
{
    // Below this many operations another thread wakes too late to help.
    private const double Worthwhile = 4e6;

    // The same of an operator of libtorch's own, which cuts finer.
    private const double WorthwhileOperator = 1e7;

    // GCC's entry into a region; Intel's and LLVM's runtimes have it too.
    private static readonly delegate* unmanaged<nint, nint, uint, uint, void> _enter = (delegate* unmanaged<
        nint,
        nint,
        uint,
        uint,
        void>)
        TorchRuntime.Symbol("GOMP_parallel");

    private static readonly delegate* unmanaged<int, void> _setThreads = (delegate* unmanaged<int, void>)
        TorchRuntime.Symbol("omp_set_num_threads");

    [ThreadStatic]
    private static bool _atWork;

    /// <summary>Whether this thread works at a piece: what it calls must not share its work out again.</summary>
    public static bool AtWork => _atWork;

    /// <summary>
    /// Calls <paramref name="body"/> for 0 … pieces − 1, in any order. Whoever is free takes the next piece, which evens out a core that
    /// is busy elsewhere; small work stays on this thread.
    /// </summary>
    /// <param name="pieces">How many.</param>
    /// <param name="body">Computes one.</param>
    /// <param name="operations">Arithmetic of all pieces together, where it may be too little for a second thread.</param>
    public static void For(long pieces, Action<long> body, double operations = double.PositiveInfinity)
    {
        int threads = torch.get_num_threads();
        if (pieces <= 1 || threads == 1 || operations < Worthwhile || _atWork || _enter is null)
        {
            Here(pieces, body, threads);
            return;
        }

        Work work = new(pieces, body);
        GCHandle handle = GCHandle.Alloc(work);
        try
        {
            nint run = (nint)(delegate* unmanaged<nint, void>)&Run;
            _enter(run, GCHandle.ToIntPtr(handle), (uint)Math.Min(threads, pieces), 0);
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

    /// <summary>Until the end of a scope libtorch's operators stay on this thread, where one of this size gains nothing by a second.</summary>
    /// <param name="operations">Arithmetic of the operator, or of a typical one.</param>
    public static Limit Suit(double operations)
    {
        int threads = torch.get_num_threads();
        return new Limit(operations < WorthwhileOperator && !_atWork ? threads : 1);
    }

    private static void Here(long pieces, Action<long> body, int threads)
    {
        bool outer = _atWork;
        using Limit limit = new(outer ? 1 : threads);
        _atWork = true;
        try
        {
            for (long piece = 0; piece < pieces; piece++)
            {
                body(piece);
            }
        }
        catch (Exception problem)
        {
            throw new AggregateException(problem);
        }
        finally
        {
            _atWork = outer;
        }
    }

    [UnmanagedCallersOnly]
    private static void Run(nint state)
    {
        Work work = (Work)GCHandle.FromIntPtr(state).Target!;
        _atWork = true;
        try
        {
            work.Run();
        }
        catch (Exception problem)
        {
            // An exception must not cross native frames.
            work.Failure = problem;
        }
        finally
        {
            _atWork = false;
        }
    }

    /// <summary>One thread instead of several, for libtorch and the libraries under it, until it is disposed of.</summary>
    public readonly struct Limit : IDisposable
    {
        private readonly int _threads;

        internal Limit(int threads)
        {
            _threads = _setThreads is null ? 1 : threads;
            if (_threads > 1)
            {
                _setThreads(1);
            }
        }

        /// <summary>As many as before.</summary>
        public void Dispose()
        {
            if (_threads > 1)
            {
                _setThreads(_threads);
            }
        }
    }

    private sealed class Work(long pieces, Action<long> body)
    {
        private long _next;

        public volatile Exception? Failure;

        public void Run()
        {
            for (long piece; (piece = Interlocked.Increment(ref _next) - 1) < pieces; )
            {
                body(piece);
            }
        }
    }
}
