using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Sessions;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>What a served policy asks of models: once for a session, kept in its log, and in nobody's way where it fails.</summary>
public class ServedArtefactTests
{
    private static readonly ContextPolicy _policy = new()
    {
        History = new() { Turns = 4, Bite = 2 },
        Summarize = new() { Model = "summariser" },
    };

    [Fact]
    public async Task Say_PastTheWindow_MakesOneSummaryAndKeepsItInTheLog()
    {
        MemorySessionStore store = new();
        string session;
        await using (
            TestServer first = await StartAsync(store, _ => Answers.Text("The lamp is LX-7.", promptTokens: 40))
        )
        {
            session = await first.BeginAsync();
            for (int turn = 0; turn < 5; turn++)
            {
                Reply said = await first.SayAsync(
                    session,
                    $"What about part {turn}, which is a long question of mine?"
                );
                Assert.Equal((200, "Fine."), (said.Status, said.Content));
            }

            Assert.Single(first.Received, IsSummary);
            Assert.Contains("The lamp is LX-7.", first.Received[^1].Messages[0].Content, StringComparison.Ordinal);
        }

        // Another server goes on with the session, and has nobody to ask.
        await using TestServer second = await StartAsync(store, _ => Answers.Status(500));
        Assert.Equal("Fine.", (await second.SayAsync(session, "And now?")).Content);
        Assert.DoesNotContain(second.Received, IsSummary);
        Assert.Contains("The lamp is LX-7.", second.Received[^1].Messages[0].Content, StringComparison.Ordinal);

        SessionLog log = new(store, TimeProvider.System);
        SessionState state = await log.LoadAsync(Key(session));
        ArtefactMade made = Assert.IsType<ArtefactMade>(
            Assert.Single(await log.EventsAsync(Key(session), 0, default), logged => logged.Event is ArtefactMade).Event
        );
        Assert.Equal("The lamp is LX-7.", made.Artefact.Text);
        Assert.Equal(made.Artefact, state.Artefacts[made.Artefact.Key]);

        // Its own call counts in what the session has spent.
        Assert.Equal(7, state.Totals.Requests);
    }

    [Fact]
    public async Task Say_WhereNoModelAnswers_GoesOnWithTheRules()
    {
        MemorySessionStore store = new();
        await using TestServer server = await StartAsync(store, _ => Answers.Status(500));
        string session = await server.BeginAsync();
        for (int turn = 0; turn < 6; turn++)
        {
            Reply said = await server.SayAsync(session, $"My part number is P-{turn}.");
            Assert.Equal((200, "Fine."), (said.Status, said.Content));
        }

        Assert.Contains(
            "- User: My part number is P-0.",
            server.Received[^1].Messages[0].Content,
            StringComparison.Ordinal
        );
        SessionState state = await new SessionLog(store, TimeProvider.System).LoadAsync(Key(session));
        Assert.Contains("500", Assert.Single(state.Artefacts.Values).Error, StringComparison.Ordinal);
    }

    private static SessionKey Key(string session) => new("local", session);

    private static bool IsSummary(Received received) =>
        received.Messages[0].Content.StartsWith("You keep the memory of a conversation", StringComparison.Ordinal);

    private static Task<TestServer> StartAsync(MemorySessionStore store, Func<Received, Answer> summarise) =>
        ArtefactServer.StartAsync(
            store,
            _policy,
            "summariser",
            received => IsSummary(received) ? summarise(received) : Answers.Stream(["Fine."])
        );
}
