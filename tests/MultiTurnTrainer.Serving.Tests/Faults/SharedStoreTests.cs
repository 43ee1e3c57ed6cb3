using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Stores.Postgres;

namespace MultiTurnTrainer.Serving.Tests.Faults;

/// <summary>Servers over one PostgreSQL database.</summary>
public class SharedStoreTests(DatabaseServers databases) : IClassFixture<DatabaseServers>
{
    [Fact]
    public async Task Turn_OfASessionThatAnotherServerAnswers_WaitsAndComesAfterIt()
    {
        string url = databases.Postgres.NewDatabase();
        TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ISessionStore first = PostgresSessionStore.Open(url, isServer: true);
        await using ISessionStore second = PostgresSessionStore.Open(url, isServer: true);
        await using TestServer slow = await ServeAsync(
            first,
            request =>
                async (context, received) =>
                {
                    await answer.Task;
                    await Answers.Stream(["slow"])(context, received);
                }
        );
        await using TestServer quick = await ServeAsync(second, _ => Answers.Stream(["quick"]));
        string session = await slow.BeginAsync();
        Task<Reply> one = slow.SayAsync(session, "one", ("Idempotency-Key", "k1"));
        await WaitForAsync(quick, session, "pending");
        Task<Reply> again = quick.SayAsync(session, "one", ("Idempotency-Key", "k1"));
        Task<Reply> two = quick.SayAsync(session, "two");
        await Task.Delay(300);
        Assert.False(again.IsCompleted || two.IsCompleted);
        answer.SetResult();

        Assert.Equal("slow", (await one).Content);
        Assert.Equal("slow", (await again).Content);
        Assert.Equal("quick", (await two).Content);
        JsonArray messages = (await slow.GetAsync($"/v1/sessions/{session}")).Json["messages"]!.AsArray();
        Assert.Equal(["one", "slow", "two", "quick"], messages.Select(message => (string)message!["content"]!));
    }

    [Fact]
    public async Task Prompt_AfterDays_HoldsASummaryInPlaceOfTheOldTurns()
    {
        string url = databases.Postgres.NewDatabase();
        MovedClock clock = new();
        string session;
        await using (ISessionStore store = PostgresSessionStore.Open(url, isServer: true))
        await using (TestServer before = await ServeAsync(store, _ => Answers.Stream(["It is done."]), clock))
        {
            session = await before.BeginAsync();
            await before.SayAsync(session, "My order number is 4711. Never call me by phone.");
            await before.SayAsync(session, "What a fine day this is for small talk about the weather.");
        }

        clock.Now += TimeSpan.FromDays(4);
        await using ISessionStore later = PostgresSessionStore.Open(url, isServer: true);
        await using TestServer after = await ServeAsync(later, _ => Answers.Stream(["Welcome back."]), clock);
        Reply reply = await after.SayAsync(session, "Where is it now?");

        Assert.Equal("Welcome back.", reply.Content);
        Assert.Equal("summarised", reply.Header("mtt-context-mode"));
        Received asked = after.Received[^1];
        Assert.DoesNotContain(
            asked.Messages,
            message => message.Content.StartsWith("What a fine day", StringComparison.Ordinal)
        );
        Assert.Contains("4711", asked.Body.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("Never call me by phone", asked.Body.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("Where is it now?", asked.Messages[^1].Content);
        JsonArray kept = (await after.GetAsync($"/v1/sessions/{session}")).Json["messages"]!.AsArray();
        Assert.Equal(6, kept.Count);
    }

    private static Task<TestServer> ServeAsync(
        ISessionStore store,
        Func<Received, Answer> script,
        TimeProvider? clock = null
    ) =>
        TestServer.StartAsync(
            script,
            plan => plan with { Sessions = new SessionsOptions(store), Time = clock ?? TimeProvider.System },
            new ContextPolicy { Session = new SessionPolicy { RefreshAfterDays = 3 } }
        );

    private static async Task WaitForAsync(TestServer server, string session, string status)
    {
        for (int i = 0; i < 600; i++)
        {
            JsonArray turns = (await server.GetAsync($"/v1/sessions/{session}")).Json["turns"]!.AsArray();
            if (turns.Any(turn => (string?)turn!["status"] == status))
            {
                return;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"no turn became {status}");
    }

    private sealed class MovedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
