using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Inference.Calls;

/// <summary>
/// Works on many items at a time until all are done, a limit is reached, or something makes going on senseless. Each
/// item's calls are in the journal by then, so whatever ended the run, it can go on.
/// </summary>
internal sealed class HeldRun(int concurrency, int total, Budget budget, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private int _done;
    private int _failed;
    private string? _stopped;
    private Exception? _fatal;

    /// <summary>The limit that was reached, in words; null where none was.</summary>
    public string? Stopped => Volatile.Read(ref _stopped);

    /// <summary>Works on all items.</summary>
    /// <param name="items">The items.</param>
    /// <param name="work">Works on one; says whether it gave a result.</param>
    /// <param name="progress">Told after every item.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="MttException">No endpoint works, or the disk is full.</exception>
    public async Task RunAsync<T>(
        IEnumerable<T> items,
        Func<T, CancellationToken, Task<bool>> work,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ParallelOptions options = new() { MaxDegreeOfParallelism = concurrency, CancellationToken = stop.Token };
        try
        {
            await Parallel
                .ForEachAsync(
                    items,
                    options,
                    async (item, token) =>
                    {
                        await OneAsync(item, work, stop, token).ConfigureAwait(false);
                        progress?.Report(Progress());
                    }
                )
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_fatal is not null)
        {
            throw Explain(_fatal);
        }

        if (_fatal is not null)
        {
            throw Explain(_fatal);
        }
    }

    private async Task OneAsync<T>(
        T item,
        Func<T, CancellationToken, Task<bool>> work,
        CancellationTokenSource stop,
        CancellationToken token
    )
    {
        if (Stopped is not null || Volatile.Read(ref _fatal) is not null)
        {
            return;
        }

        try
        {
            bool result = await work(item, token).ConfigureAwait(false);
            Interlocked.Increment(ref _done);
            if (!result)
            {
                Interlocked.Increment(ref _failed);
            }
        }
        catch (BudgetReachedException problem)
        {
            // Calls in flight are let finish: they are paid for.
            Volatile.Write(ref _stopped, problem.Message);
        }
        catch (Exception problem) when (problem is EndpointException or MttException)
        {
            Interlocked.CompareExchange(ref _fatal, problem, null);
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private RunProgress Progress()
    {
        TimeSpan elapsed = time.GetElapsedTime(_started);
        int done = Volatile.Read(ref _done);
        return new RunProgress(
            done,
            total,
            Volatile.Read(ref _failed),
            budget.Spent,
            elapsed,
            done == 0 ? null : elapsed / done * (total - done)
        );
    }

    private static Exception Explain(Exception problem) =>
        problem is EndpointException
            ? new MttException(
                $"the endpoint refuses to work: {problem.Message}",
                "The state is saved: fix the key, the model's name or the quota, then run again with --resume.",
                problem
            )
            : problem;
}
