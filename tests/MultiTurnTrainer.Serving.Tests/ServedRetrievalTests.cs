using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Sessions;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>A served session whose past exchanges come back by vectors of a real server.</summary>
public class ServedRetrievalTests
{
    private static readonly ContextPolicy _policy = new()
    {
        History = new() { Turns = 3, Bite = 2 },
        Retrieval = new() { Method = RetrievalMethod.Embeddings, Model = "vectors" },
    };

    [Fact]
    public async Task Say_WhatFitsByVectors_BringsTheExchangeBackAndKeepsVectorsWithTheSession()
    {
        MemorySessionStore store = new();
        await using TestServer server = await StartAsync(store, fails: false);
        string session = await TalkAsync(server);

        string asked = Asked(server);
        Assert.StartsWith("[Earlier in this conversation, turn 1, ", asked, StringComparison.Ordinal);
        Assert.Contains("User: My kettle is of copper.", asked, StringComparison.Ordinal);

        // Each text was asked for once.
        string[] texts =
        [
            .. server.Received.Where(IsEmbedding).Select(one => one.Body.GetProperty("input").GetString()!),
        ];
        Assert.Equal(texts.Length, texts.Distinct().Count());
        SessionLog log = new(store, TimeProvider.System);
        SessionState state = await log.LoadAsync(Key(session));
        Assert.Equal(
            texts.Length,
            state.Artefacts.Values.Count(made => made is { Kind: ArtefactKind.Embedding, Vector: not null })
        );

        // What is exported plans the same prompt, without a server.
        ContextInputs exported = ContextInputs.Of(Conversation.FromJson(SessionRow.Of(state)));
        Assert.All(state.Artefacts.Keys, key => Assert.NotNull(exported.Artefacts!.Find(key)));

        await new SessionService(log).DeleteAsync([Key(session)]);
        SessionRead? left = await store.ReadAsync(Key(session));
        Assert.True(left is null or { Header.IsDeleted: true, Events.Count: 0, Snapshot: null });
    }

    [Fact]
    public async Task Say_WhereNoServerMakesVectors_GoesOnWithoutThem()
    {
        MemorySessionStore store = new();
        await using TestServer server = await StartAsync(store, fails: true);

        string session = await TalkAsync(server);

        Assert.Equal("Which kettle was that?", Asked(server));
        SessionState state = await new SessionLog(store, TimeProvider.System).LoadAsync(Key(session));
        Assert.All(state.Artefacts.Values, made => Assert.Contains("500", made.Error, StringComparison.Ordinal));
    }

    private static async Task<string> TalkAsync(TestServer server)
    {
        string session = await server.BeginAsync();
        string[] words = ["My kettle is of copper.", "One?", "Two?", "Three?", "Which kettle was that?"];
        foreach (string word in words)
        {
            Assert.Equal((200, "Fine."), await StatusAsync(server, session, word));
        }

        return session;
    }

    private static async Task<(int Status, string? Content)> StatusAsync(TestServer server, string session, string word)
    {
        Reply said = await server.SayAsync(session, word);
        return (said.Status, said.Content);
    }

    private static string Asked(TestServer server) =>
        server.Received.Last(received => !IsEmbedding(received)).Messages[^1].Content;

    private static SessionKey Key(string session) => new("local", session);

    private static bool IsEmbedding(Received received) => received.Path == "embeddings";

    // What is about the kettle points one way, everything else the other.
    private static Answer Vector(Received received) =>
        Answers.Raw(
            received.Body.GetProperty("input").GetString()!.Contains("kettle", StringComparison.Ordinal)
                ? """{"data": [{"embedding": [1, 0]}], "usage": {"prompt_tokens": 3}}"""
                : """{"data": [{"embedding": [0, 1]}], "usage": {"prompt_tokens": 3}}"""
        );

    private static Task<TestServer> StartAsync(MemorySessionStore store, bool fails) =>
        ArtefactServer.StartAsync(
            store,
            _policy,
            "vectors",
            received =>
                !IsEmbedding(received) ? Answers.Stream(["Fine."])
                : fails ? Answers.Status(500)
                : Vector(received)
        );
}
