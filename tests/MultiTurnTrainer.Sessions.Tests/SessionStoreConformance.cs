using System.Text;
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Stores;
using static System.FormattableString;

namespace MultiTurnTrainer.Sessions.Tests;

/// <summary>What every store must do. A store's tests derive from this and say how one is opened.</summary>
public abstract class SessionStoreConformance
{
    private static readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>An empty store.</summary>
    protected abstract ISessionStore Open();

    [Fact]
    public async Task Create_OfATakenId_ChangesNothing()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await NewAsync(store, "a", 2);

        Assert.False(await store.CreateAsync(header with { Version = 1 }, Events(1, 1)));
        Assert.Equal(2, (await store.ReadAsync(header.Key))!.Header.Version);
    }

    [Fact]
    public async Task Append_AtTheExpectedVersion_ReadsBackAsWritten()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await NewAsync(store, "a", 2);
        SessionHeader next = header with { Version = 5, UpdatedAt = _start.AddTicks(1234567), Pending = "t" };

        Assert.True(await store.AppendAsync(next, Events(3, 3)));
        SessionRead read = (await store.ReadAsync(header.Key))!;
        Assert.Equal(next, read.Header);
        Assert.Equal([1, 2, 3, 4, 5], read.Events.Select(stored => stored.Version));
        Assert.Equal(Events(1, 5).Select(Text), read.Events.Select(Text));
        Assert.Equal([4, 5], (await store.ReadAsync(header.Key, 3))!.Events.Select(stored => stored.Version));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(100)]
    public async Task Append_OfEventsWithVectors_ReadsThemBackEachWithItsOwn(int count)
    {
        await using ISessionStore store = Open();
        StoredEvent[] events =
        [
            .. Events(1, 2 * count)
                .Select(stored =>
                    stored.Version % 3 == 0 ? stored with { Vector = new byte[] { 1, (byte)stored.Version } } : stored
                ),
        ];
        SessionHeader header = new(new SessionKey("a", SessionIds.New()), count, _start, _start);
        SessionHeader next = header with { Version = 2 * count };

        Assert.True(await store.CreateAsync(header, events[..count]));
        Assert.True(await store.AppendAsync(next, events[count..]));
        SessionRead read = (await store.ReadAsync(header.Key))!;
        Assert.Equal(events.Select(Text), read.Events.Select(Text));
        Assert.Equal(events.Select(Vector), read.Events.Select(Vector));
        Assert.Equal(events[count..].Select(Vector), (await store.ReadAsync(header.Key, count))!.Events.Select(Vector));
        await store.WriteSnapshotAsync(header.Key, new StoredSnapshot(2, "two"u8.ToArray()));
        Assert.Equal(
            events[2..].Select(Vector),
            (await store.ReadAsync(header.Key, useSnapshot: true))!.Events.Select(Vector)
        );
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Append_AtAnotherVersion_ChangesNothing(long first)
    {
        await using ISessionStore store = Open();
        SessionHeader header = await NewAsync(store, "a", 2);

        Assert.False(await store.AppendAsync(header with { Version = first + 1, User = "x" }, Events(first, 2)));
        SessionRead read = (await store.ReadAsync(header.Key))!;
        Assert.Equal(header, read.Header);
        Assert.Equal(2, read.Events.Count);
    }

    [Fact]
    public async Task Append_FromManyAtATime_LetsOneWinEachVersion()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await NewAsync(store, "a", 1);
        int won = 0;
        await Parallel.ForAsync(
            0,
            200,
            async (_, _) =>
            {
                long version = (await store.ReadAsync(header.Key))!.Header.Version;
                if (await store.AppendAsync(header with { Version = version + 1 }, Events(version + 1, 1)))
                {
                    Interlocked.Increment(ref won);
                }
            }
        );

        SessionRead read = (await store.ReadAsync(header.Key))!;
        Assert.Equal(1 + won, read.Header.Version);
        Assert.Equal(Enumerable.Range(1, 1 + won).Select(i => (long)i), read.Events.Select(stored => stored.Version));
    }

    [Fact]
    public async Task Read_OfAnotherTenantsSession_FindsNothing()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await NewAsync(store, "a", 2, begins: "turn");

        Assert.Null(await store.ReadAsync(header.Key with { Tenant = "b" }));
        Assert.Null(await store.FindTurnAsync("b", "turn"));
        Assert.False(
            await store.AppendAsync(header with { Key = header.Key with { Tenant = "b" }, Version = 3 }, Events(3, 1))
        );
        Assert.False(await store.DeleteAsync(header.Key with { Tenant = "b" }, _start));
        Assert.Empty(await store.ListAsync(new SessionQuery { Tenant = "b" }).ToListAsync());
        Assert.Equal(header.Key, await store.FindTurnAsync("a", "turn"));
    }

    [Fact]
    public async Task Snapshot_StandsForTheFirstEvents_OnlyIfAskedFor()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await NewAsync(store, "a", 4);
        await store.WriteSnapshotAsync(header.Key, new StoredSnapshot(2, "two"u8.ToArray()));
        await store.WriteSnapshotAsync(header.Key, new StoredSnapshot(3, "three"u8.ToArray()));
        await store.WriteSnapshotAsync(header.Key, new StoredSnapshot(1, "late"u8.ToArray()));

        SessionRead read = (await store.ReadAsync(header.Key, useSnapshot: true))!;
        if (read.Snapshot is { } snapshot)
        {
            Assert.Equal("three", Encoding.UTF8.GetString(snapshot.Data.Span));
            Assert.Equal([4], read.Events.Select(stored => stored.Version));
        }

        Assert.Equal(4, (await store.ReadAsync(header.Key))!.Events.Count);
        Assert.Null((await store.ReadAsync(header.Key, after: 1, useSnapshot: true))!.Snapshot);
    }

    [Fact]
    public async Task List_ByEachQuestion_FindsTheNewestFirst()
    {
        await using ISessionStore store = Open();
        SessionHeader one = await NewAsync(store, "a", 1, at: 1, user: "u");
        SessionHeader two = await NewAsync(store, "a", 1, at: 2, pending: "p");
        SessionHeader three = await NewAsync(store, "b", 1, at: 3);
        SessionHeader gone = await NewAsync(store, "a", 1, at: 4);
        await store.DeleteAsync(gone.Key, _start.AddSeconds(5));

        Assert.Equal([three, two, one], await store.ListAsync(new SessionQuery()).ToListAsync());
        Assert.Equal([two, one], await store.ListAsync(new SessionQuery { Tenant = "a" }).ToListAsync());
        Assert.Equal([one], await store.ListAsync(new SessionQuery { User = "u" }).ToListAsync());
        Assert.Equal([two], await store.ListAsync(new SessionQuery { IsPending = true }).ToListAsync());
        Assert.Equal([three], await store.ListAsync(new SessionQuery { Limit = 1 }).ToListAsync());
        Assert.Equal([one], await store.ListAsync(new SessionQuery { UpdatedBefore = two.UpdatedAt }).ToListAsync());
        Assert.Equal(4, await store.ListAsync(new SessionQuery { WithDeleted = true }).CountAsync());
    }

    [Fact]
    public async Task Delete_LeavesATombstone_ThatTakesNothing()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await NewAsync(store, "a", 2, user: "u", begins: "turn");
        await store.WriteSnapshotAsync(header.Key, new StoredSnapshot(2, "two"u8.ToArray()));

        Assert.True(await store.DeleteAsync(header.Key, _start.AddDays(1)));
        SessionRead read = (await store.ReadAsync(header.Key, useSnapshot: true))!;
        Assert.Equal(header with { User = null, UpdatedAt = _start.AddDays(1), IsDeleted = true }, read.Header);
        Assert.Empty(read.Events);
        Assert.Null(read.Snapshot);
        Assert.Null(await store.FindTurnAsync("a", "turn"));
        Assert.False(await store.AppendAsync(header with { Version = 3 }, Events(3, 1)));
        Assert.False(await store.CreateAsync(header, Events(1, 2)));
        Assert.False(await store.DeleteAsync(header.Key, _start));
    }

    /// <summary>A session with some events.</summary>
    protected static async Task<SessionHeader> NewAsync(
        ISessionStore store,
        string tenant,
        int events,
        int at = 0,
        string? user = null,
        string? pending = null,
        string? begins = null
    )
    {
        DateTimeOffset time = _start.AddSeconds(at);
        SessionHeader header = new(new SessionKey(tenant, SessionIds.New()), events, time, time, user, pending);
        IReadOnlyList<StoredEvent> first = Events(1, events);
        Assert.True(
            await store.CreateAsync(
                header,
                [.. first.Select((stored, i) => i == 0 ? stored with { Begins = begins } : stored)]
            )
        );
        return header;
    }

    private static StoredEvent[] Events(long first, int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new StoredEvent(
                    first + i,
                    _start.AddTicks(first + i),
                    "kind",
                    Encoding.UTF8.GetBytes(Invariant($"event {first + i} ünï"))
                )),
        ];

    private static byte[] Vector(StoredEvent stored) => stored.Vector.ToArray();

    private static string Text(StoredEvent stored) =>
        Invariant($"{stored.At.UtcTicks} {stored.Kind} {Encoding.UTF8.GetString(stored.Data.Span)}");
}
