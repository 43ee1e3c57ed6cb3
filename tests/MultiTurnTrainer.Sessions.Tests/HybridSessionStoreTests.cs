using System.Text;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Stores.Hot;
using MultiTurnTrainer.Sessions.Stores.Postgres;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Sessions.Tests;

public sealed class HybridSessionStoreTests(DatabaseServers fixture)
    : SessionStoreConformance,
        IClassFixture<DatabaseServers>,
        IDisposable
{
    private const string Prefix = "test:";
    private static readonly TimeSpan _life = TimeSpan.FromMinutes(5);
    private readonly string _url = fixture.Postgres.NewDatabase();
    private readonly List<RedisHotTier> _tiers = [];

    public void Dispose()
    {
        // Another test begins with a server that answers and holds nothing.
        fixture.Redis.Signal("CONT");
        fixture.Redis.Ask("CONFIG", "SET", "maxmemory", "0");
        fixture.Redis.Ask("FLUSHALL");
    }

    // A slow machine is no fault of the hot side's.
    protected override ISessionStore Open() => Open(_life, TimeSpan.FromSeconds(30));

    private HybridSessionStore Open(TimeSpan life, TimeSpan? patience = null)
    {
        RedisHotTier hot = RedisHotTier.Open(fixture.Redis.Url, Prefix, life, patience);
        _tiers.Add(hot);
        return new HybridSessionStore(PostgresSessionStore.Open(_url, isServer: true), hot);
    }

    [Fact]
    public async Task Read_OfTheLastTurns_IsAnsweredHot()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await GrowAsync(store, turns: 100);

        await store.WriteSnapshotAsync(header.Key, new StoredSnapshot(header.Version - 60, "all before"u8.ToArray()));

        SessionRead read = (await store.ReadAsync(header.Key, useSnapshot: true))!;
        Assert.Equal(1, _tiers[0].Counts.Hits);
        Assert.Equal("all before", Encoding.UTF8.GetString(read.Snapshot!.Data.Span));
        Assert.Equal(60, read.Events.Count);
        SessionRead all = (await store.ReadAsync(header.Key))!;
        Assert.Equal((1L, 1L), (_tiers[0].Counts.Hits, _tiers[0].Counts.Misses));
        Assert.Equal(all.Events.TakeLast(60).Select(Written), read.Events.Select(Written));
        Assert.Equal("60", fixture.Redis.Ask("LLEN", Key(header, ":e")).Trim());
        Assert.InRange(int.Parse(fixture.Redis.Ask("TTL", Key(header))), 1, (int)_life.TotalSeconds);
        Assert.All(
            fixture.Redis.Ask("KEYS", "*").Split('\n', StringSplitOptions.RemoveEmptyEntries),
            key => Assert.StartsWith(Prefix, key, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Read_WithASnapshot_IsAnsweredHotByAServerThatHasJustStarted()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await GrowAsync(store, turns: 50);
        await store.WriteSnapshotAsync(header.Key, new StoredSnapshot(70, "seventy"u8.ToArray()));
        // What is put there is not waited for; the answer to what is asked behind it says that it is there.
        await store.ReadAsync(header.Key, useSnapshot: true);
        await using ISessionStore second = Open();

        SessionRead read = (await second.ReadAsync(header.Key, useSnapshot: true))!;
        Assert.Equal(1, _tiers[1].Counts.Hits);
        Assert.Equal(70, read.Snapshot!.Version);
        Assert.Equal(Enumerable.Range(71, 30).Select(i => (long)i), read.Events.Select(stored => stored.Version));
    }

    [Theory]
    [InlineData("emptied")]
    [InlineData("expired")]
    [InlineData("behind")]
    [InlineData("hung")]
    [InlineData("full")]
    public async Task Read_WhereTheHotSideLacksSomething_LosesNothing(string fault)
    {
        await using ISessionStore store = Open(fault == "expired" ? TimeSpan.FromMilliseconds(1) : _life);
        SessionHeader header = await GrowAsync(store, turns: 20);
        if (fault == "emptied")
        {
            fixture.Redis.Ask("FLUSHALL");
        }
        else if (fault == "hung")
        {
            fixture.Redis.Signal("STOP");
        }
        else if (fault == "full")
        {
            fixture.Redis.Ask("CONFIG", "SET", "maxmemory", "1");
        }

        if (fault == "behind")
        {
            await using ISessionStore other = PostgresSessionStore.Open(_url, isServer: true);
            header = await TurnAsync(other, header);
        }

        header = await TurnAsync(store, header);
        for (int reading = 0; reading < 3; reading++)
        {
            SessionRead read = (await store.ReadAsync(header.Key))!;
            Assert.Equal(header, read.Header);
            Assert.Equal(
                Enumerable.Range(1, (int)header.Version).Select(i => (long)i),
                read.Events.Select(stored => stored.Version)
            );
            SessionRead tail = (await store.ReadAsync(header.Key, header.Version - 5))!;
            Assert.Equal(read.Events.TakeLast(5).Select(Written), tail.Events.Select(Written));
        }
    }

    [Fact]
    public async Task Delete_WhileOthersRead_LeavesNoWordHot()
    {
        await using ISessionStore store = Open();
        for (int round = 0; round < 20; round++)
        {
            SessionHeader header = await GrowAsync(store, turns: 3);
            fixture.Redis.Ask("DEL", Key(header));
            await Task.WhenAll(
                Enumerable
                    .Range(0, 8)
                    .Select(i => i == 4 ? (Task)store.DeleteAsync(header.Key, default) : store.ReadAsync(header.Key))
            );
            await store.ReadAsync(header.Key);

            Assert.Equal("0", fixture.Redis.Ask("EXISTS", Key(header, ":e"), Key(header, ":s")).Trim());
        }
    }

    [Fact]
    public async Task Delete_WhereTheHotSideHangs_SaysThatACopyIsLeft()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await GrowAsync(store, turns: 3);
        fixture.Redis.Signal("STOP");

        MttException problem = await Assert.ThrowsAsync<MttException>(() => store.DeleteAsync(header.Key, default));
        Assert.True(problem.IsPassing);
        Assert.True((await store.ReadAsync(header.Key))!.Header.IsDeleted);
        fixture.Redis.Signal("CONT");
        Assert.False(await store.DeleteAsync(header.Key, default));
        Assert.Equal("0", fixture.Redis.Ask("EXISTS", Key(header, ":e")).Trim());
    }

    [Fact]
    public async Task Expire_WhereTheHotSideHangs_ErasesAllTheSame()
    {
        await using ISessionStore store = Open(_life);
        SessionHeader[] headers = [await GrowAsync(store, turns: 2), await GrowAsync(store, turns: 2)];
        SessionService service = new(new SessionLog(store, TimeProvider.System));
        fixture.Redis.Signal("STOP");

        MttException problem = await Assert.ThrowsAsync<MttException>(() => service.ExpireAsync(TimeSpan.Zero));
        Assert.Contains("2 of 2 sessions", problem.Message, StringComparison.Ordinal);
        Assert.Equal(
            2,
            await store.ListAsync(new SessionQuery { WithDeleted = true }).CountAsync(header => header.IsDeleted)
        );
        fixture.Redis.Signal("CONT");
        await service.DeleteAsync([.. headers.Select(header => header.Key)]);
        Assert.All(headers, header => Assert.Equal("0", fixture.Redis.Ask("EXISTS", Key(header, ":e")).Trim()));
    }

    [Fact]
    public async Task Append_WhereTheHotSideHangs_DoesNotWaitForIt()
    {
        // Longer than any test: who waits for the hot side does not come back.
        await using ISessionStore store = Open(_life, TimeSpan.FromHours(1));
        SessionHeader header = await GrowAsync(store, turns: 2);
        fixture.Redis.Signal("STOP");

        await TurnAsync(store, header).WaitAsync(TimeSpan.FromMinutes(1));
        fixture.Redis.Signal("CONT");
    }

    [Fact]
    public async Task Open_WhereNothingListens_ServesAllTheSame()
    {
        string url = $"redis://127.0.0.1:{PostgresServer.FreePort()}";
        await using HybridSessionStore store = new(new MemorySessionStore(), RedisHotTier.Open(url, Prefix, _life));

        SessionHeader header = await GrowAsync(store, turns: 2);
        Assert.Equal(header.Version, (await store.ReadAsync(header.Key))!.Events.Count);
        Assert.Contains("does not answer", store.Place, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis://")]
    [InlineData("http://a:secret@host")]
    [InlineData("redis://a:secret@host/name")]
    public void Open_OfAWrongAddress_IsRefusedWithoutItsPassword(string url)
    {
        MttException problem = Assert.Throws<MttException>(() => RedisHotTier.Open(url, Prefix, _life));

        Assert.DoesNotContain("secret", problem.Message + problem.Remedy, StringComparison.Ordinal);
    }

    private static async Task<SessionHeader> GrowAsync(ISessionStore store, int turns)
    {
        SessionHeader header = await NewAsync(store, "a", 0);
        for (int turn = 0; turn < turns; turn++)
        {
            header = await TurnAsync(store, header);
        }

        return header;
    }

    private static async Task<SessionHeader> TurnAsync(ISessionStore store, SessionHeader header)
    {
        long version = header.Version;
        SessionHeader next = header with { Version = version + 2 };
        Assert.True(
            await store.AppendAsync(
                next,
                [
                    new StoredEvent(
                        version + 1,
                        default,
                        "turn_begun",
                        Encoding.UTF8.GetBytes($"q{version}\0ü"),
                        $"{header.Id}{version}"
                    ),
                    new StoredEvent(version + 2, default, "turn_committed", Encoding.UTF8.GetBytes($"a{version}")),
                ]
            )
        );
        return next;
    }

    private static string Key(SessionHeader header, string part = "") => $"{Prefix}{{a/{header.Id}}}{part}";

    private static string Written(StoredEvent stored) =>
        $"{stored.Version} {stored.At.UtcTicks} {stored.Kind} {Encoding.UTF8.GetString(stored.Data.Span)}";
}
