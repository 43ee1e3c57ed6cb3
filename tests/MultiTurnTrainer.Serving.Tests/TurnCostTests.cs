using System.Text;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Sessions;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.Tests;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>What a turn costs, counted and not timed: rows and bytes read of the store, bytes whose tokens are counted.</summary>
public class TurnCostTests
{
    // A snapshot is written every 16 turns: so many of them are looked at together.
    private const int Turns = 16;

    /// <summary>Turn 40 and turn 400 cost the same, whether the server has the session at hand or was started anew.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Turn_OfALongSession_CostsWhatOneOfAShortSessionCosts(bool restarts)
    {
        CountingStore store = new();
        ByteCounter counter = new();
        TestServer server = await StartAsync(store, counter);
        string session = await server.BeginAsync("""{"messages": [{"role": "system", "content": "Be brief."}]}""");
        List<(int Events, long Bytes, long Counted, int Snapshot)> costs = [];
        for (int turn = 0; turn < 400 + Turns; turn++)
        {
            bool isMeasured = turn is (>= 40 and < 40 + Turns) or >= 400;
            if (isMeasured && restarts)
            {
                await server.DisposeAsync();
                server = await StartAsync(store, counter);
            }

            // Snapshots are written beside the turns: the first one is waited for.
            for (int wait = 0; turn == 40 && store.Snapshot == 0 && wait < 3000; wait++)
            {
                await Task.Delay(10);
            }

            (int events, long bytes, long counted) = (store.Events, store.Bytes, counter.Bytes);
            string text = $"In turn {turn} my order {turn * 7919} is late; please tell me where it is.";
            Assert.Equal(200, (await server.SayAsync(session, text)).Status);
            if (isMeasured)
            {
                costs.Add((store.Events - events, store.Bytes - bytes, counter.Bytes - counted, store.Snapshot));
            }
        }

        await server.DisposeAsync();
        (int Events, long Bytes, long Counted, int Snapshot)[] early = [.. costs.Take(Turns)];
        (int Events, long Bytes, long Counted, int Snapshot)[] late = [.. costs.Skip(Turns)];
        AssertFlat(early.Sum(cost => cost.Events), late.Sum(cost => cost.Events));
        AssertFlat(early.Sum(cost => cost.Bytes), late.Sum(cost => cost.Bytes));
        AssertFlat(early.Sum(cost => cost.Counted), late.Sum(cost => cost.Counted));
        AssertFlat(early[0].Snapshot, late[0].Snapshot);
        // Never all of it: 400 turns are 800 events.
        Assert.All(late, cost => Assert.InRange(cost.Events, 0, 40));
    }

    /// <summary>What was begun without a server has snapshots without plans: all is read once, then as little as ever.</summary>
    [Fact]
    public async Task Turn_AfterASnapshotWithoutPlans_ReadsAllOnce()
    {
        CountingStore store = new();
        SessionLog log = new(store, TimeProvider.System);
        SessionTurns turns = new(log, SessionBudget.None);
        string session = (await new SessionService(log).CreateAsync("local", new SessionCreated([]))).Id;
        for (int i = 0; i < 60; i++)
        {
            TurnRequest request = new() { Messages = [Message("user", $"My order {i} is late.")] };
            TurnStart start = await turns.BeginAsync(new SessionKey("local", session), request);
            await turns.CommitAsync(start.State.Key, start.Turn.Id, Message("assistant", "I look."), new CommitInfo());
        }

        for (int i = 0; i < 4; i++)
        {
            // Nothing is at hand.
            await using TestServer server = await StartAsync(store, new ByteCounter());
            int before = store.Events;
            Assert.Equal(200, (await server.SayAsync(session, $"And my order {i}?")).Status);
            Assert.InRange(store.Events - before, 0, i == 0 ? 1000 : 40);
        }
    }

    private static JsonView Message(string role, string content) =>
        JsonText.ToView(new Dictionary<string, string> { ["role"] = role, ["content"] = content });

    // Numbers have one digit more, and a window ends where a turn does.
    private static void AssertFlat(long early, long late) => Assert.InRange(late, 0, (early * 1.15) + 64);

    private static Task<TestServer> StartAsync(CountingStore store, ByteCounter counter) =>
        TestServer.StartAsync(
            request => Answers.Stream(["I look where the order of turn ", $"{request.Messages.Count} is, and write."]),
            plan =>
                plan with
                {
                    Policy = new ServedPolicy(
                        "test",
                        new PolicyModel(PolicyPresets.Find("support")!, () => counter, 1200)
                    ),
                    Sessions = plan.Sessions with { Store = store },
                }
        );

    /// <summary>Four bytes a token; counts the bytes that it was asked about.</summary>
    private sealed class ByteCounter : ITokenCounter
    {
        public long Bytes { get; private set; }

        public bool IsEstimate => false;

        public int Frame => 3;

        public int Count(Message message) => 4 + Count(message.Content ?? "");

        public int Count(string text)
        {
            int bytes = Encoding.UTF8.GetByteCount(text);
            Bytes += bytes;
            return (bytes + 3) / 4;
        }

        public int CountTools(JsonView tools) => Count(tools.GetRawText());
    }
}
