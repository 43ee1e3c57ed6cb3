using System.Diagnostics.Metrics;

namespace MultiTurnTrainer.Serving.Telemetry;

/// <summary>A store that is measured: how long it takes, what fails, and what happens to sessions.</summary>
/// <param name="store">The store; disposed with this one.</param>
/// <param name="time">The clock.</param>
internal sealed class MeasuredStore(ISessionStore store, TimeProvider time) : ISessionStore
{
    private static readonly Meter _meter = new(TurnTelemetry.Name);

    private static readonly Histogram<double> _durations = _meter.CreateHistogram<double>(
        "session.store.duration",
        "s",
        "How long the store took; the tags say for what, and whether it failed."
    );

    private static readonly string _forked = EventJson.KindOf(new SessionForked("", 0));

    public string Place => store.Place;

    public async Task<bool> CreateAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    )
    {
        bool isKept = await MeasureAsync("create", () => store.CreateAsync(header, events, cancellation))
            .ConfigureAwait(false);
        // What stands before the last event of a fork is a copy of what was counted.
        Count(isKept, events is [.., var last] && last.Kind == _forked ? [last] : events);
        return isKept;
    }

    public async Task<bool> AppendAsync(
        SessionHeader header,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancellation = default
    )
    {
        bool isKept = await MeasureAsync("append", () => store.AppendAsync(header, events, cancellation))
            .ConfigureAwait(false);
        Count(isKept, events);
        return isKept;
    }

    public Task<SessionRead?> ReadAsync(
        SessionKey session,
        long after = 0,
        bool useSnapshot = false,
        CancellationToken cancellation = default
    ) => MeasureAsync("read", () => store.ReadAsync(session, after, useSnapshot, cancellation));

    public Task WriteSnapshotAsync(
        SessionKey session,
        StoredSnapshot snapshot,
        CancellationToken cancellation = default
    ) =>
        MeasureAsync(
            "snapshot",
            async () =>
            {
                await store.WriteSnapshotAsync(session, snapshot, cancellation).ConfigureAwait(false);
                return true;
            }
        );

    public Task<SessionKey?> FindTurnAsync(string tenant, string turn, CancellationToken cancellation = default) =>
        MeasureAsync("find", () => store.FindTurnAsync(tenant, turn, cancellation));

    public IAsyncEnumerable<SessionHeader> ListAsync(SessionQuery query, CancellationToken cancellation = default) =>
        store.ListAsync(query, cancellation);

    public Task WaitForChangeAsync(SessionKey session, long version, CancellationToken cancellation = default) =>
        store.WaitForChangeAsync(session, version, cancellation);

    public Task<bool> TryLeaseAsync(SessionKey session, TimeSpan duration, CancellationToken cancellation = default) =>
        store.TryLeaseAsync(session, duration, cancellation);

    public Task<bool> DeleteAsync(SessionKey session, DateTimeOffset at, CancellationToken cancellation = default) =>
        MeasureAsync("delete", () => store.DeleteAsync(session, at, cancellation));

    public Task CompactAsync(CancellationToken cancellation = default) => store.CompactAsync(cancellation);

    public Task BackUpAsync(string path, CancellationToken cancellation = default) =>
        store.BackUpAsync(path, cancellation);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private async Task<T> MeasureAsync<T>(string operation, Func<Task<T>> work)
    {
        long began = time.GetTimestamp();
        string outcome = "failed";
        try
        {
            T result = await work().ConfigureAwait(false);
            outcome = "ok";
            return result;
        }
        catch (OperationCanceledException)
        {
            // Mostly a client that has gone: nobody need be woken for it.
            outcome = "cancelled";
            throw;
        }
        finally
        {
            _durations.Record(
                time.GetElapsedTime(began).TotalSeconds,
                new KeyValuePair<string, object?>("operation", operation),
                new KeyValuePair<string, object?>("outcome", outcome)
            );
        }
    }

    private static void Count(bool isKept, IReadOnlyList<StoredEvent> events)
    {
        if (isKept)
        {
            TurnTelemetry.Counters.Take(events);
        }
    }
}
