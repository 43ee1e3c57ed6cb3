using System.Diagnostics;
using StackExchange.Redis;

namespace MultiTurnTrainer.Sessions.Stores.Hot;

/// <summary>How often a hot tier knew what was asked.</summary>
/// <param name="Hits">Reads that it answered.</param>
/// <param name="Misses">Reads that it could not answer.</param>
/// <param name="Failures">Calls that Redis did not answer in time, or refused.</param>
public readonly record struct HotCounts(long Hits, long Misses, long Failures);

/// <summary>
/// The last turns of sessions in Redis. It may forget anything at any time, be emptied, hang or be gone: then nothing is found, and
/// for a second nobody asks again.
/// </summary>
public sealed class RedisHotTier : IAsyncDisposable
{
    /// <summary>Turns of a session that are kept.</summary>
    public const int Turns = 30;

    private static readonly TimeSpan _standardPatience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _patienceToErase = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);
    private readonly ConnectionMultiplexer _redis;
    private readonly string _prefix;
    private readonly long _life;
    private readonly TimeSpan _patience;
    private long _hits;
    private long _misses;
    private long _failures;
    private long _asksAgain;

    private RedisHotTier(ConnectionMultiplexer redis, string place, string prefix, TimeSpan life, TimeSpan patience)
    {
        (_redis, Place, _prefix) = (redis, place, prefix);
        (_life, _patience) = ((long)life.TotalMilliseconds, patience);
    }

    /// <summary>Where it is, for people; without secrets.</summary>
    public string Place { get; }

    /// <summary>Whether Redis can be reached now.</summary>
    public bool IsConnected => _redis.IsConnected;

    /// <summary>What was asked so far.</summary>
    public HotCounts Counts => new(Volatile.Read(ref _hits), Volatile.Read(ref _misses), Volatile.Read(ref _failures));

    /// <summary>Connects; where Redis is not there it is waited for beside the work.</summary>
    /// <param name="url"><c>redis://host:port/0</c>.</param>
    /// <param name="prefix">What the names of all keys begin with.</param>
    /// <param name="life">How long a session stays after it was last used.</param>
    /// <param name="patience">How long a turn waits for an answer; null for 100 ms.</param>
    /// <exception cref="MttException">That is no address.</exception>
    public static RedisHotTier Open(string url, string prefix, TimeSpan life, TimeSpan? patience = null)
    {
        ConfigurationOptions options = RedisUrl.Parse(url);
        string place = new Uri(url).GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        return new RedisHotTier(
            ConnectionMultiplexer.Connect(options),
            place,
            prefix,
            life,
            patience ?? _standardPatience
        );
    }

    /// <summary>What comes after a version, where exactly the version asked for is here.</summary>
    /// <param name="header">The session as the durable store has it.</param>
    /// <param name="after">The version that is known.</param>
    /// <param name="useSnapshot">Whether a snapshot may stand for the first events.</param>
    /// <returns>Null where it is not here, or not all of it.</returns>
    public async Task<SessionRead?> FindAsync(SessionHeader header, long after, bool useSnapshot)
    {
        RedisResult? answer = await AskAsync(
                RedisScripts.Read,
                header.Tenant,
                header.Id,
                [header.Version, after, useSnapshot && after == 0 ? 1 : 0]
            )
            .ConfigureAwait(false);
        if (answer is null || (RedisValue[])answer! is not { Length: >= 2 } parts)
        {
            Interlocked.Increment(ref _misses);
            return null;
        }

        Interlocked.Increment(ref _hits);
        long known = (long)parts[0];
        StoredSnapshot? snapshot = parts[1].IsNullOrEmpty ? null : new StoredSnapshot(known, (byte[])parts[1]!);
        return new SessionRead(
            header,
            snapshot,
            [.. parts.Skip(2).Select((bytes, i) => HotEvents.Read(known + 1 + i, (byte[])bytes!))]
        );
    }

    /// <summary>Adds events that the durable store has; where others are expected here, the session is forgotten.</summary>
    public Task AppendAsync(SessionHeader header, IReadOnlyList<StoredEvent> events) =>
        AskAsync(
            RedisScripts.Append,
            header.Tenant,
            header.Id,
            [
                Turns,
                header.Version - events.Count,
                header.Version,
                events.Count,
                .. events.Select(stored => (RedisValue)HotEvents.Write(stored)),
                .. Beginnings(events),
            ]
        );

    /// <summary>Takes over what was read of the durable store, unless something newer is here.</summary>
    public Task PutAsync(SessionRead read)
    {
        long first = read.Header.Version - read.Events.Count + 1;
        return AskAsync(
            RedisScripts.Put,
            read.Header.Tenant,
            read.Header.Id,
            [
                Turns,
                first,
                read.Header.Version,
                read.Events.Count,
                read.Snapshot?.Version ?? 0,
                read.Snapshot?.Data ?? ReadOnlyMemory<byte>.Empty,
                .. read.Events.Select(stored => (RedisValue)HotEvents.Write(stored)),
                .. Beginnings(read.Events),
            ]
        );
    }

    /// <summary>Keeps a snapshot beside the events.</summary>
    public Task SnapshotAsync(string tenant, string id, StoredSnapshot snapshot) =>
        AskAsync(RedisScripts.Snapshot, tenant, id, [snapshot.Version, snapshot.Data]);

    /// <summary>Erases a session.</summary>
    /// <returns>False where Redis did not answer: the copy then lives until its time is over.</returns>
    public async Task<bool> EraseAsync(string tenant, string id) =>
        await TryAskAsync(RedisScripts.Erase, tenant, id, [], _patienceToErase).ConfigureAwait(false) is not null;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    // A turn's first event is known by its kind where it was read back.
    private static IEnumerable<RedisValue> Beginnings(IReadOnlyList<StoredEvent> events) =>
        events
            .Where(stored => stored.Begins is not null || stored.Kind is "turn_begun" or "turn_edited")
            .Select(stored => (RedisValue)stored.Version);

    private async Task<RedisResult?> AskAsync(string script, string tenant, string id, RedisValue[] values)
    {
        if (Stopwatch.GetTimestamp() < Volatile.Read(ref _asksAgain))
        {
            return null;
        }

        RedisResult? answer = await TryAskAsync(script, tenant, id, values, _patience).ConfigureAwait(false);
        if (answer is null)
        {
            Volatile.Write(
                ref _asksAgain,
                Stopwatch.GetTimestamp() + (long)(_pause.TotalSeconds * Stopwatch.Frequency)
            );
        }

        return answer;
    }

    private async Task<RedisResult?> TryAskAsync(
        string script,
        string tenant,
        string id,
        RedisValue[] values,
        TimeSpan patience
    )
    {
        string name = $"{_prefix}{{{tenant}/{id}}}";
        try
        {
            return await _redis
                .GetDatabase()
                .ScriptEvaluateAsync(script, [name, name + ":e", name + ":t", name + ":s"], [_life, .. values])
                .WaitAsync(patience)
                .ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is RedisException or TimeoutException)
        {
            Interlocked.Increment(ref _failures);
            return null;
        }
    }
}
