using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Stores.Postgres;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Sessions.Tests;

public sealed class CompressionQueueTests(PostgresFixture fixture) : IClassFixture<PostgresFixture>
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
            SessionRead read = (await store.ReadAsync(SessionFixture.Tenant, id, useSnapshot: true))!;
            Assert.InRange(read.Events.Count, 0, 34);
            SessionState restarted = await new SessionLog(store, TimeProvider.System).LoadAsync(
                SessionFixture.Tenant,
                id
            );
            Assert.Equal(1 + (2 * TurnsOfEach), restarted.MessageCount);
        }
    }

    [Fact]
    public async Task Add_WhereTheStoreIsSlow_HoldsTurnsBackAndLosesNothing()
    {
        await using SlowSnapshots store = new();
        CompressionQueue queue = new(store, capacity: 2);
        SessionLog log = new(store, TimeProvider.System, compression: queue);
        SessionTurns turns = new(log, SessionBudget.None);
        string[] ids = await BeginAsync(log);
        Task grown = Parallel.ForEachAsync(
            ids,
            new ParallelOptions { MaxDegreeOfParallelism = Sessions },
            async (id, _) => await GrowAsync(turns, id)
        );

        // Two are being written, two wait; each further turn that owes a form waits for a place.
        await store.Blocked.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.False(grown.IsCompleted);
        Assert.InRange(queue.Counts.Waiting, 0, Sessions);
        store.Open.SetResult();
        await grown.WaitAsync(TimeSpan.FromMinutes(1));
        await queue.DisposeAsync();
        Assert.Equal(0, queue.Counts.Waiting);
        Assert.True(queue.Counts.LongestLag > TimeSpan.Zero);
    }

    [Fact]
    public async Task Add_OnTwoServers_WorksOnASessionOnOneOfThem()
    {
        string url = fixture.Server.NewDatabase();
        await using ISessionStore one = PostgresSessionStore.Open(url, isServer: true);
        await using ISessionStore two = PostgresSessionStore.Open(url, isServer: true);
        CompressionQueue queue = new(two);
        SessionLog log = new(two, TimeProvider.System, compression: queue);
        string id = (await log.CreateAsync(SessionFixture.Tenant, [new SessionCreated([])])).Id;
        Assert.True(await one.TryLeaseAsync(SessionFixture.Tenant, id, TimeSpan.FromMinutes(1)));
        await GrowAsync(new SessionTurns(log, SessionBudget.None), id);
        await queue.DisposeAsync();

        Assert.True(queue.Counts.LeftToOthers > 0);
        Assert.Equal(0, queue.Counts.Written);
        Assert.Null((await two.ReadAsync(SessionFixture.Tenant, id, useSnapshot: true))!.Snapshot);
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
            TurnStart start = await turns.BeginAsync(SessionFixture.Tenant, id, request);
            await turns.CommitAsync(
                SessionFixture.Tenant,
                id,
                start.Turn.Id,
                SessionFixture.Message("assistant", $"a{turn}"),
                new CommitInfo()
            );
        }
    }

    /// <summary>A store whose snapshots wait until they may be written.</summary>
    private sealed class SlowSnapshots : ISessionStore
    {
        private readonly MemorySessionStore _store = new();

        public TaskCompletionSource Blocked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Place => _store.Place;

        public Task<bool> CreateAsync(
            SessionHeader header,
            IReadOnlyList<StoredEvent> events,
            CancellationToken cancellation
        ) => _store.CreateAsync(header, events, cancellation);

        public Task<bool> AppendAsync(
            SessionHeader header,
            IReadOnlyList<StoredEvent> events,
            CancellationToken cancellation
        ) => _store.AppendAsync(header, events, cancellation);

        public Task<SessionRead?> ReadAsync(
            string tenant,
            string id,
            long after,
            bool useSnapshot,
            CancellationToken cancellation
        ) => _store.ReadAsync(tenant, id, after, useSnapshot, cancellation);

        public async Task WriteSnapshotAsync(
            string tenant,
            string id,
            StoredSnapshot snapshot,
            CancellationToken cancellation
        )
        {
            Blocked.TrySetResult();
            await Open.Task;
            await _store.WriteSnapshotAsync(tenant, id, snapshot, cancellation);
        }

        public Task<string?> FindTurnAsync(string tenant, string turn, CancellationToken cancellation) =>
            _store.FindTurnAsync(tenant, turn, cancellation);

        public IAsyncEnumerable<SessionHeader> ListAsync(SessionQuery query, CancellationToken cancellation) =>
            _store.ListAsync(query, cancellation);

        public Task<bool> DeleteAsync(string tenant, string id, DateTimeOffset at, CancellationToken cancellation) =>
            _store.DeleteAsync(tenant, id, at, cancellation);

        public Task CompactAsync(CancellationToken cancellation) => _store.CompactAsync(cancellation);

        public Task BackUpAsync(string path, CancellationToken cancellation) => _store.BackUpAsync(path, cancellation);

        public ValueTask DisposeAsync() => _store.DisposeAsync();
    }
}
