using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Logs;

/// <summary>What a queue has done so far.</summary>
/// <param name="Waiting">Sessions that wait now.</param>
/// <param name="Written">Short forms that were written.</param>
/// <param name="LeftToOthers">Those of sessions that another server was working on.</param>
/// <param name="Failed">Those that the store did not take; the next turns bring others.</param>
/// <param name="LongestLag">The longest time from a turn to its short form.</param>
public readonly record struct CompressionCounts(
    int Waiting,
    long Written,
    long LeftToOthers,
    long Failed,
    TimeSpan LongestLag
);

/// <summary>
/// Writes the short forms of sessions (what a prompt needs of what lies far back: summary, constraints, plans) beside their turns, so
/// that no turn waits for one. A session waits once, with its newest form. When the queue is full, whoever adds waits for a place: turns
/// cannot outrun it without bound. Of several servers over one store, one works on a session at a time. A form that is lost costs
/// reading events and nothing else.
/// </summary>
public sealed class CompressionQueue : IAsyncDisposable
{
    private const int Workers = 2;
    private static readonly TimeSpan _lease = TimeSpan.FromSeconds(10);
    private static readonly Meter _meter = new("MultiTurnTrainer.Sessions");
    private static readonly Histogram<double> _lags = _meter.CreateHistogram<double>(
        "sessions.compression.lag",
        "s",
        "From a turn's end to the session's short form."
    );

    private readonly ISessionStore _store;
    private readonly Channel<SessionKey> _waiting;
    private readonly ConcurrentDictionary<SessionKey, (RecentSession Session, long Since)> _newest = [];
    private readonly Task[] _workers;
    private long _written;
    private long _leftToOthers;
    private long _failed;
    private long _longest;
    private volatile bool _isEnding;

    /// <param name="store">Keeps the short forms.</param>
    /// <param name="capacity">Sessions that may wait.</param>
    public CompressionQueue(ISessionStore store, int capacity = 1024)
    {
        _store = store;
        _waiting = Channel.CreateBounded<SessionKey>(capacity);
        _workers = [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync))];
    }

    /// <summary>What was done so far.</summary>
    public CompressionCounts Counts =>
        new(
            _newest.Count,
            Volatile.Read(ref _written),
            Volatile.Read(ref _leftToOthers),
            Volatile.Read(ref _failed),
            new TimeSpan(Volatile.Read(ref _longest))
        );

    /// <summary>Adds a session in short form, in place of an older form of it that still waits.</summary>
    internal async Task AddAsync(RecentSession session)
    {
        SessionKey key = session.State.Key;
        bool isNew = false;
        _newest.AddOrUpdate(
            key,
            _ =>
            {
                isNew = true;
                return (session, Stopwatch.GetTimestamp());
            },
            (_, known) =>
            {
                isNew = false;
                return known.Session.State.Version < session.State.Version ? (session, known.Since) : known;
            }
        );
        try
        {
            if (isNew)
            {
                await _waiting.Writer.WriteAsync(key).ConfigureAwait(false);
            }
        }
        catch (ChannelClosedException)
        {
            // The server ends.
            _newest.TryRemove(key, out _);
        }
    }

    /// <summary>Works off what waits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _isEnding = true;
        _waiting.Writer.TryComplete();
        await Task.WhenAll(_workers).ConfigureAwait(false);
    }

    private async Task WorkAsync()
    {
        await foreach (SessionKey key in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (_newest.TryRemove(key, out (RecentSession Session, long Since) job))
            {
                await WriteAsync(job.Session, job.Since).ConfigureAwait(false);
            }
        }
    }

    private async Task WriteAsync(RecentSession session, long since)
    {
        SessionKey key = session.State.Key;
        try
        {
            if (!await _store.TryLeaseAsync(key, _lease).ConfigureAwait(false))
            {
                Interlocked.Increment(ref _leftToOthers);
                return;
            }

            await _store.WriteSnapshotAsync(key, StateSnapshot.Of(session)).ConfigureAwait(false);
            await _store.TryLeaseAsync(key, TimeSpan.Zero).ConfigureAwait(false);
            Measure(Stopwatch.GetElapsedTime(since));
        }
        catch (MttException)
        {
            Interlocked.Increment(ref _failed);
            if (_isEnding)
            {
                // The store is away: the others would wait for it one after the other.
                _newest.Clear();
            }
        }
    }

    private void Measure(TimeSpan lag)
    {
        Interlocked.Increment(ref _written);
        _lags.Record(lag.TotalSeconds);
        long longest = Volatile.Read(ref _longest);
        while (lag.Ticks > longest)
        {
            longest =
                Interlocked.CompareExchange(ref _longest, lag.Ticks, longest) is var seen && seen == longest
                    ? lag.Ticks
                    : seen;
        }
    }
}
