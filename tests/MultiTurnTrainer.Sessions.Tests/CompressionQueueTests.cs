using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Stores.Postgres;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Sessions.Tests;

public sealed class CompressionQueueTests(DatabaseServers fixture) : IClassFixture<DatabaseServers>
{
    private const int Sessions = 40;
    private const int TurnsOfEach = 40;

    [Fact]
    public async Task Add_OfABurst_CatchesUpAndLeavesTheNewestForms()
    {
        await using MemorySessionStore store = new();
        CompressionQueue queue = new(store, capacity: 4);
        SessionLog log = new(store, TimeProvider.System, compression: queue);
        SessionTurns turns = new(log, SessionBudget.None);
        string[] ids = await BeginAsync(log);
        await Parallel.ForEachAsync(ids, async (id, _) => await GrowAsync(turns, id));
        await queue.DisposeAsync();

        CompressionCounts counts = queue.Counts;
        Assert.Equal((0, 0L, 0L), (counts.Waiting, counts.LeftToOthers, counts.Failed));
        Assert.InRange(counts.Written, Sessions, Sessions * TurnsOfEach);
        foreach (string id in ids)
        {
            SessionRead read = (await store.ReadAsync(SessionFixture.Key(id), useSnapshot: true))!;
            Assert.InRange(read.Events.Count, 0, 34);
            SessionState restarted = await new SessionLog(store, TimeProvider.System).LoadAsync(SessionFixture.Key(id));
            Assert.Equal(1 + (2 * TurnsOfEach), restarted.MessageCount);
        }
    }

    [Fact]
    public async Task Add_WhereTheStoreIsSlow_WaitsForAPlaceAndLosesNothing()
    {
        using SemaphoreSlim begun = new(0);
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CountingStore store = new(beforeSnapshot: () =>
        {
            begun.Release();
            return open.Task;
        });
        CompressionQueue queue = new(store, capacity: 2);
        SessionLog log = new(store, TimeProvider.System);
        List<Task> added = [];
        foreach (string id in (await BeginAsync(log)).Take(5))
        {
            added.Add(queue.AddAsync(await log.RecentAsync(SessionFixture.Key(id))));
            if (added.Count <= 2)
            {
                Assert.True(await begun.WaitAsync(TimeSpan.FromMinutes(1)));
            }
        }

        // Two are being written, two wait, the fifth waits for a place.
        Assert.All(added.Take(4), add => Assert.True(add.IsCompletedSuccessfully));
        Assert.False(added[4].IsCompleted);
        open.SetResult();
        await Task.WhenAll(added).WaitAsync(TimeSpan.FromMinutes(1));
        await queue.DisposeAsync();
        Assert.Equal((0, 5L), (queue.Counts.Waiting, queue.Counts.Written));
        Assert.True(queue.Counts.LongestLag > TimeSpan.Zero);
    }

    [Fact]
    public async Task Add_OnTwoServers_WorksOnASessionOnOneOfThem()
    {
        string url = fixture.Postgres.NewDatabase();
        await using ISessionStore one = PostgresSessionStore.Open(url, isServer: true);
        await using ISessionStore two = PostgresSessionStore.Open(url, isServer: true);
        CompressionQueue queue = new(two);
        SessionLog log = new(two, TimeProvider.System, compression: queue);
        string id = (await log.CreateAsync(SessionFixture.Tenant, [new SessionCreated([])])).Id;
        Assert.True(await one.TryLeaseAsync(SessionFixture.Key(id), TimeSpan.FromMinutes(1)));
        await GrowAsync(new SessionTurns(log, SessionBudget.None), id);
        await queue.DisposeAsync();

        Assert.True(queue.Counts.LeftToOthers > 0);
        Assert.Equal(0, queue.Counts.Written);
        Assert.Null((await two.ReadAsync(SessionFixture.Key(id), useSnapshot: true))!.Snapshot);
    }

    private static async Task<string[]> BeginAsync(SessionLog log)
    {
        string[] ids = new string[Sessions];
        for (int i = 0; i < Sessions; i++)
        {
            SessionCreated created = new([SessionFixture.Message("system", "Be brief.")]);
            ids[i] = (await log.CreateAsync(SessionFixture.Tenant, [created])).Id;
        }

        return ids;
    }

    private static async Task GrowAsync(SessionTurns turns, string id)
    {
        for (int turn = 0; turn < TurnsOfEach; turn++)
        {
            TurnRequest request = new() { Messages = [SessionFixture.Message("user", $"q{turn}")] };
            TurnStart start = await turns.BeginAsync(SessionFixture.Key(id), request);
            await turns.CommitAsync(
                SessionFixture.Key(id),
                start.Turn.Id,
                SessionFixture.Message("assistant", $"a{turn}"),
                new CommitInfo()
            );
        }
    }
}
