using System.Text;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Stores.Postgres;

namespace MultiTurnTrainer.Sessions.Tests;

public sealed class StoreMigrationTests(DatabaseServers fixture) : IClassFixture<DatabaseServers>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_ThereAndBack_IsTheSameByteForByte()
    {
        await using ISessionStore first = SqliteSessionStore.Open(_folder["a.db"], isServer: true);
        SessionFixture sessions = new(first);
        List<string> ids = [];
        for (int i = 0; i < 20; i++)
        {
            string id = (await sessions.CreateAsync($"system {i} ünï")).Id;
            for (int turn = 0; turn < i * 3; turn++)
            {
                await sessions.AskAsync(id, $"question {turn} \0", $"answer {turn}", key: $"k{turn}");
            }

            ids.Add(id);
        }

        await first.DeleteAsync(SessionFixture.Key(ids[5]), sessions.Clock.Now);
        await using ISessionStore second = PostgresSessionStore.Open(fixture.Postgres.NewDatabase(), isServer: true);
        await using ISessionStore third = SqliteSessionStore.Open(_folder["b.db"], isServer: true);

        MigrationCounts there = await StoreMigration.RunAsync(first, second);
        Assert.Equal((19, 0, 0, 1, 0), Of(there));
        Assert.Equal((19, 0, 0, 1, 0), Of(await StoreMigration.RunAsync(second, third)));
        Assert.Equal(await HeadersAsync(first), await HeadersAsync(second));
        Assert.Equal(await HeadersAsync(first), await HeadersAsync(third));
        foreach (string id in ids.Where((_, i) => i != 5))
        {
            string log = await LogAsync(first, id);
            Assert.Equal(log, await LogAsync(second, id));
            Assert.Equal(log, await LogAsync(third, id));
        }

        // The store that was migrated to goes on: its turns are found, its keys are known, what was erased stays so.
        SessionFixture moved = new(second);
        SessionState state = await moved.LoadAsync(ids[9]);
        Assert.Equal(state.Key, await second.FindTurnAsync(SessionFixture.Tenant, state.Turns[3].Id));
        Assert.Equal("answer 3", (await moved.AskAgainAsync(ids[9], "question 3 \0", "k3")));
        Assert.False(await second.CreateAsync(new SessionHeader(SessionFixture.Key(ids[5]), 0, default, default), []));
    }

    [Fact]
    public async Task Run_Again_CopiesWhatIsNewAndLeavesAnotherHistoryAlone()
    {
        await using MemorySessionStore first = new();
        await using MemorySessionStore second = new();
        SessionFixture sessions = new(first);
        string grown = (await sessions.CreateAsync()).Id;
        string split = (await sessions.CreateAsync()).Id;
        await StoreMigration.RunAsync(first, second);
        await sessions.AskAsync(grown, "more", "yes");
        await sessions.AskAsync(split, "here", "yes");
        await new SessionFixture(second).AskAsync(split, "there", "no");

        MigrationCounts again = await StoreMigration.RunAsync(first, second);

        Assert.Equal((0, 1, 0, 0, 1), Of(again));
        Assert.Equal([split], again.Differing);
        Assert.Equal(await LogAsync(first, grown), await LogAsync(second, grown));
        Assert.Contains("there", await LogAsync(second, split), StringComparison.Ordinal);
    }

    private static (int, int, int, int, int) Of(MigrationCounts counts) =>
        (counts.Copied, counts.Extended, counts.Equal, counts.Erased, counts.Differing.Count);

    private static async Task<List<SessionHeader>> HeadersAsync(ISessionStore store) =>
        await store.ListAsync(new SessionQuery { WithDeleted = true }).ToListAsync();

    private static async Task<string> LogAsync(ISessionStore store, string id)
    {
        using MemoryStream output = new();
        LogFile.Write(output, id, await new SessionLog(store, TimeProvider.System).EventsAsync(SessionFixture.Key(id)));
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
