using MultiTurnTrainer.Context.Artefacts;

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>
/// Writes canonical rows as the rows that a policy makes of them, on several threads and in their order, while the next
/// ones are read. Conversations that the policy refuses are left out and listed.
/// </summary>
/// <param name="output">Where the rows go.</param>
/// <param name="model">The policy and its model.</param>
/// <param name="threads">Threads that assemble.</param>
/// <param name="refused">Grows by what is refused, with place and remedy.</param>
/// <param name="counts">Grows by what was made.</param>
/// <param name="maker">Makes what the policy needs of models; null takes what is on record.</param>
public sealed class PolicyRowOutput(
    IRowOutput output,
    PolicyModel model,
    int threads,
    ICollection<MttException> refused,
    ExpandedCounts counts,
    IArtefactMaker? maker = null
) : IRowOutput
{
    // Once so much waits, the thread that reads assembles too; at twice as much it waits for the oldest.
    private const int Enough = 4 << 20;

    private readonly TaskFactory _factory = new(
        new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, Math.Max(1, threads - 1)).ConcurrentScheduler
    );
    private readonly ConcurrentBag<PolicyExpander> _idle = [];
    private readonly Queue<Task<Expanded>> _running = new();
    private readonly CancellationTokenSource _failed = new();
    private long _bytes;

    /// <inheritdoc/>
    public string Path => output.Path;

    /// <inheritdoc/>
    public void Write(Conversation row)
    {
        _bytes += row.Json.RawUtf8.Length;
        bool isEnough = threads == 1 || _bytes > Enough;
        _running.Enqueue(
            maker is not null ? MadeAsync(row, maker)
            : isEnough ? Task.FromResult(Expand(row))
            : _factory.StartNew(() => Expand(row))
        );
        while (_running.TryPeek(out Task<Expanded>? oldest) && (oldest.IsCompleted || _bytes > 2 * Enough))
        {
            WriteOldest();
        }
    }

    /// <inheritdoc/>
    public void Commit()
    {
        while (_running.Count > 0)
        {
            WriteOldest();
        }

        foreach (PolicyExpander expander in _idle)
        {
            counts.Add(expander.Counts);
        }

        output.Commit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // After a failure the conversations behind it end on their own, without asking anybody more.
        _failed.Cancel();
        Task.WhenAll(_running).ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        _failed.Dispose();
        output.Dispose();
    }

    private async Task<Expanded> MadeAsync(Conversation row, IArtefactMaker maker)
    {
        await _factory
            .StartNew(() => ArtefactCompletion.CompleteAsync(model, row, maker, _failed.Token))
            .Unwrap()
            .ConfigureAwait(false);
        return await _factory.StartNew(() => Expand(row)).ConfigureAwait(false);
    }

    private Expanded Expand(Conversation row)
    {
        PolicyExpander expander = _idle.TryTake(out PolicyExpander? kept) ? kept : new PolicyExpander(model);
        try
        {
            return new Expanded(row, expander.Expand(row), null);
        }
        catch (MttException problem) when (problem is not ArtefactMissingException)
        {
            return new Expanded(row, [], problem);
        }
        finally
        {
            _idle.Add(expander);
        }
    }

    private void WriteOldest()
    {
        Expanded done = _running.Dequeue().GetAwaiter().GetResult();
        _bytes -= done.Source.Json.RawUtf8.Length;
        if (done.Problem is not null)
        {
            refused.Add(done.Problem);
        }

        foreach (ExpandedRow row in done.Rows)
        {
            output.Write(row.Row);
        }
    }

    private sealed record Expanded(Conversation Source, IReadOnlyList<ExpandedRow> Rows, MttException? Problem);
}
