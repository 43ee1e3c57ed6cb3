namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>
/// Maps items on several threads and gives the results in the items' order, so that the thread count never shows in an
/// output. Memory holds a few items per thread.
/// </summary>
internal static class OrderedPipeline
{
    private const int ItemsPerThread = 2;

    /// <summary>Runs the pipeline; items are drawn and results consumed on the caller's thread.</summary>
    /// <typeparam name="TItem">What goes in.</typeparam>
    /// <typeparam name="TState">What a thread keeps between items: caches and buffers that no result depends on.</typeparam>
    /// <typeparam name="TResult">What comes out.</typeparam>
    public static IEnumerable<TResult> Run<TItem, TState, TResult>(
        IEnumerable<TItem> items,
        int threads,
        Func<TState> createState,
        Func<TState, TItem, TResult> map
    ) => threads == 1 ? RunAlone(items, createState, map) : RunTogether(items, threads, createState, map);

    private static IEnumerable<TResult> RunAlone<TItem, TState, TResult>(
        IEnumerable<TItem> items,
        Func<TState> createState,
        Func<TState, TItem, TResult> map
    )
    {
        TState state = createState();
        foreach (TItem item in items)
        {
            yield return map(state, item);
        }
    }

    private static IEnumerable<TResult> RunTogether<TItem, TState, TResult>(
        IEnumerable<TItem> items,
        int threads,
        Func<TState> createState,
        Func<TState, TItem, TResult> map
    )
    {
        TaskFactory factory = new(
            new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, threads).ConcurrentScheduler
        );
        ConcurrentBag<TState> idle = [];
        Queue<Task<TResult>> running = new();
        TResult Map(TItem item)
        {
            TState state = idle.TryTake(out TState? kept) ? kept : createState();
            TResult result = map(state, item);
            idle.Add(state);
            return result;
        }

        try
        {
            foreach (TItem item in items)
            {
                running.Enqueue(factory.StartNew(() => Map(item)));
                if (running.Count == threads * ItemsPerThread)
                {
                    yield return running.Dequeue().GetAwaiter().GetResult();
                }
            }

            while (running.Count > 0)
            {
                yield return running.Dequeue().GetAwaiter().GetResult();
            }
        }
        finally
        {
            // After a failure the tasks behind it end on their own; nobody may touch the inputs before they have.
            Task.WhenAll(running).ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        }
    }
}
