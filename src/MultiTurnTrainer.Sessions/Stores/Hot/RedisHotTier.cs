using System.Diagnostics;
using StackExchange.Redis;

namespace MultiTurnTrainer.Sessions.Stores.Hot;

/// <summary>How often a hot tier knew what was asked.</summary>
/// <param name="Hits">Reads that it answered.</param>
/// <param name="Misses">Reads that it could not answer.</param>
/// <param name="Failures">Calls that Redis did not answer in time, or refused.</param>
public readonly record struct HotCounts(long Hits, long Misses, long Failures);

/// <summary>A session as it is in the hot tier.</summary>
/// <param name="Version">Its version there.</param>
/// <param name="Snapshot">The snapshot that stands for the first events; null where they are all there.</param>
/// <param name="Events">The events after it.</param>
public sealed record HotSession(long Version, StoredSnapshot? Snapshot, IReadOnlyList<StoredEvent> Events);

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

    /// <summary>What is here of a session, from its beginning or from a snapshot on.</summary>
    /// <param name="session">The session.</param>
    /// <param name="useSnapshot">Whether a snapshot may stand for the first events.</param>
    /// <returns>Null where it is not here, or not all of it.</returns>
    public async Task<HotSession?> FindAsync(SessionKey session, bool useSnapshot)
    {
        RedisResult? answer = await AskAsync(RedisScripts.Read, session, [useSnapshot ? 1 : 0]).ConfigureAwait(false);
        if (answer is null || (RedisValue[])answer! is not { Length: >= 3 } parts)
        {
            return null;
        }

        long known = (long)parts[1];
        return new HotSession(
            (long)parts[0],
            parts[2].IsNullOrEmpty ? null : new StoredSnapshot(known, (byte[])parts[2]!),
            [.. parts.Skip(3).Select((bytes, i) => HotEvents.Read(known + 1 + i, (byte[])bytes!))]
        );
    }

    /// <summary>Counts a read.</summary>
    /// <param name="isHit">Whether it was answered here.</param>
    /// <returns>The same.</returns>
    public bool Note(bool isHit)
    {
        Interlocked.Increment(ref isHit ? ref _hits : ref _misses);
        return isHit;
    }

    /// <summary>
    /// Adds events that the durable store has; where others are expected here, the session is forgotten. It is sent and not waited for, as
    /// is everything that is put here: what one server sends arrives in its order, and what does not arrive is found to be missing.
    /// </summary>
    public void Append(SessionHeader header, IReadOnlyList<StoredEvent> events) =>
        Send(
            RedisScripts.Append,
            header.Key,
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
    public void Put(SessionRead read) =>
        Send(
            RedisScripts.Put,
            read.Header.Key,
            [
                Turns,
                read.Header.Version - read.Events.Count + 1,
                read.Header.Version,
                read.Events.Count,
                read.Snapshot?.Version ?? 0,
                read.Snapshot?.Data ?? ReadOnlyMemory<byte>.Empty,
                .. read.Events.Select(stored => (RedisValue)HotEvents.Write(stored)),
                .. Beginnings(read.Events),
            ]
        );

    /// <summary>Keeps a snapshot beside the events.</summary>
    public void Put(SessionKey session, StoredSnapshot snapshot) =>
        Send(RedisScripts.Snapshot, session, [snapshot.Version, snapshot.Data]);

    /// <summary>Erases a session. While Redis was away a moment ago, nobody waits for it as long again.</summary>
    /// <returns>False where Redis did not answer: the copy then lives until its time is over.</returns>
    public async Task<bool> EraseAsync(SessionKey session) =>
        await TryAskAsync(RedisScripts.Erase, session, [], IsAway ? _patience : _patienceToErase).ConfigureAwait(false)
            is not null;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    // A turn's first event is known by its kind where it was read back.
    private static IEnumerable<RedisValue> Beginnings(IReadOnlyList<StoredEvent> events) =>
        events
            .Where(stored => stored.Begins is not null || stored.Kind is "turn_begun" or "turn_edited")
            .Select(stored => (RedisValue)stored.Version);

    private bool IsAway => Stopwatch.GetTimestamp() < Volatile.Read(ref _asksAgain);

    private void Send(string script, SessionKey session, RedisValue[] values) => _ = AskAsync(script, session, values);

    private Task<RedisResult?> AskAsync(string script, SessionKey session, RedisValue[] values) =>
        IsAway ? Task.FromResult<RedisResult?>(null) : TryAskAsync(script, session, values, _patience);

    private async Task<RedisResult?> TryAskAsync(
        string script,
        SessionKey session,
        RedisValue[] values,
        TimeSpan patience
    )
    {
        string name = $"{_prefix}{{{session}}}";
        try
        {
            return await _redis
                .GetDatabase()
                .ScriptEvaluateAsync(script, [name, name + ":e", name + ":t", name + ":s"], [_life, .. values])
                .WaitAsync(patience)
                .ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is RedisException or TimeoutException or ObjectDisposedException)
        {
            Interlocked.Increment(ref _failures);
            Volatile.Write(
                ref _asksAgain,
                Stopwatch.GetTimestamp() + (long)(_pause.TotalSeconds * Stopwatch.Frequency)
            );
            return null;
        }
    }
}
