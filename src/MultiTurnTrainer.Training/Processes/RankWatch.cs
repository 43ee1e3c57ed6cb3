using System.Diagnostics.CodeAnalysis;

namespace MultiTurnTrainer.Training.Processes;

/// <summary>
/// Watches over the processes of a run, on a thread and a connection of its own: each says every second that it lives, rank 0 sees who
/// does not, and whoever ends for a reason of its own says so. Then all end, whatever their main thread waits for. A request to stop that
/// reached one of them reaches all.
/// </summary>
internal sealed class RankWatch : IDisposable
{
    /// <summary>How long rank 0, with whom the store ends, leaves the others to read there why all end.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan _beat = TimeSpan.FromSeconds(1);

    private readonly TcpStore _store;
    private readonly RankNames _names;
    private readonly TimeSpan _limit;
    private readonly Action<MttException?> _lost;
    private readonly CancellationTokenSource _stop;
    private readonly ManualResetEventSlim _over = new();
    private readonly Thread _thread;
    private readonly (byte[] Beat, long Since)[] _heard;
    private long _beats;

    /// <summary>Begins to watch.</summary>
    /// <param name="store">A connection that nothing else uses; it is closed with the watch.</param>
    /// <param name="names">The processes.</param>
    /// <param name="limit">The longest silence of one that lives.</param>
    /// <param name="lost">Ends this process, and says why; null where all were asked to stop.</param>
    /// <param name="stop">Cancelled when one of them was asked to stop; one that this process got is passed on.</param>
    public RankWatch(
        TcpStore store,
        RankNames names,
        TimeSpan limit,
        Action<MttException?> lost,
        CancellationTokenSource stop
    )
    {
        (_store, _names, _limit, _lost, _stop) = (store, names, limit, lost, stop);
        long now = Stopwatch.GetTimestamp();
        _heard = [.. Enumerable.Range(0, names.World).Select(_ => (Array.Empty<byte>(), now))];
        _thread = new Thread(Run) { IsBackground = true, Name = "ranks" };
        _thread.Start();
    }

    /// <summary>
    /// Does something together with the others. A connection that breaks does not say whose end is broken: the word of who is lost is
    /// waited for, and it ends this process.
    /// </summary>
    public void Guard(Action exchange)
    {
        try
        {
            exchange();
        }
        catch (ExternalException)
        {
            _over.Wait(_limit + _limit);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_over.IsSet)
        {
            _over.Set();
            _thread.Join();
            _store.Dispose();
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a broken connection throws means the same.")]
    private void Run()
    {
        try
        {
            while (!_over.Wait(_beat))
            {
                if (Look() is { } verdict)
                {
                    _lost(verdict);
                    return;
                }
            }
        }
        catch (Exception problem) when (!_over.IsSet)
        {
            _lost(
                _stop.IsCancellationRequested
                    ? null
                    : Explain(
                        $"{_names[0]}, where the processes meet, does not answer: killed, stopped or cut off ({problem.Message.Split('\n')[0]})"
                    )
            );
        }
    }

    private MttException? Look()
    {
        _store.Set(_names.Key($"beat/{_names.Rank}"), BitConverter.GetBytes(++_beats));
        if (_store.Has(_names.Key(RankNames.Verdict)))
        {
            string found = Encoding.UTF8.GetString(_store.Get(_names.Key(RankNames.Verdict)));
            WaitForOthers();
            return Explain(found);
        }

        PassStopOn();
        // One sees all, and all see that one.
        int silent =
            _names.Rank > 0
                ? (IsSilent(0) ? 0 : -1)
                : Enumerable.Range(1, _names.World - 1).FirstOrDefault(IsSilent, -1);
        return silent < 0 ? null : Tell(silent);
    }

    private void PassStopOn()
    {
        string key = _names.Key("stop");
        if (_stop.IsCancellationRequested)
        {
            _store.Set(key, [1]);
        }
        else if (_store.Has(key))
        {
            _stop.Cancel();
        }
    }

    private bool IsSilent(int rank)
    {
        byte[] beat = _store.Get(_names.Key($"beat/{rank}"));
        if (!beat.AsSpan().SequenceEqual(_heard[rank].Beat))
        {
            _heard[rank] = (beat, Stopwatch.GetTimestamp());
        }

        return Stopwatch.GetElapsedTime(_heard[rank].Since) > _limit;
    }

    private MttException Tell(int silent)
    {
        string message = Invariant(
            $"{_names[silent]} has not been heard of for {_limit.TotalSeconds:0} s: killed, stopped or cut off"
        );
        _store.Set(_names.Key(RankNames.Verdict), Encoding.UTF8.GetBytes(message));
        WaitForOthers();
        return Explain(message);
    }

    // The store ends with rank 0: the others must have read there who is lost.
    private void WaitForOthers()
    {
        if (_names.Rank == 0)
        {
            Thread.Sleep(Farewell);
        }
    }

    private static MttException Explain(string message) =>
        new(
            message,
            "Every checkpoint that was saved is whole: start all processes again with --resume, as many as there are now."
        );
}
