using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using MultiTurnTrainer.Sessions;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Agents.Tests;

/// <summary>Agents of Microsoft.Agents.AI over a SQLite store.</summary>
public sealed class SessionHistoryProviderTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SqliteSessionStore _store;
    private readonly AgentPolicy _policy = AgentPolicyTests.Policy("default", window: 600);

    public SessionHistoryProviderTests() => _store = SqliteSessionStore.Open(_folder["sessions.db"], isServer: true);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Run_ManyTurns_KeepsEveryWordAndSendsThePlannedPrompt()
    {
        using ScriptedChatClient model = new(call => new ChatMessage(
            ChatRole.Assistant,
            $"Answer {call}: {new string('a', 60)}"
        ));
        SessionHistoryProvider history = Provider("You help.");
        ChatClientAgent agent = Agent(model, history);
        AgentSession session = await agent.CreateSessionAsync();
        List<ChatMessage> record = [new(ChatRole.System, "You help.")];
        for (int turn = 0; turn < 20; turn++)
        {
            ChatMessage question = new(
                ChatRole.User,
                turn == 0 ? "Never use numbers." : $"Question {turn}: {new string('q', 40)}?"
            );
            record.Add(question);
            AgentResponse answer = await agent.RunAsync(question, session);
            Assert.Equal(
                _policy.Assemble(record).Messages.Select(message => (message.Role, message.Text)),
                model.Prompts[^1].Select(message => (message.Role, message.Text))
            );
            record.AddRange(answer.Messages);
        }

        SessionState kept = await Load(history.SessionIdOf(session)!);
        Assert.Equal(
            record.Select(message => message.Text),
            kept.Messages.Select(message => message.Json.GetString("content"))
        );
        Assert.True(model.Prompts[^1].Length < record.Count / 2);
        Assert.All(kept.Turns, turn => Assert.Equal(TurnStatus.Committed, turn.Status));
        Assert.All(kept.Turns, turn => Assert.NotNull(turn.Info!.PromptHash));
    }

    [Fact]
    public async Task Run_SessionSerializedAndStoreReopened_GoesOn()
    {
        using ScriptedChatClient model = new(call => new ChatMessage(ChatRole.Assistant, $"Answer {call}."));
        ChatClientAgent agent = Agent(model, Provider(null));
        AgentSession session = await agent.CreateSessionAsync();
        await agent.RunAsync("One.", session);
        System.Text.Json.JsonElement saved = await agent.SerializeSessionAsync(session);
        await _store.DisposeAsync();

        await using SqliteSessionStore again = SqliteSessionStore.Open(_folder["sessions.db"], isServer: true);
        ChatClientAgent other = Agent(model, new SessionHistoryProvider(again, _policy));
        await other.RunAsync("Two.", await other.DeserializeSessionAsync(saved));
        Assert.Equal(["One.", "Answer 0.", "Two."], model.Prompts[^1].Select(message => message.Text));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_WithATool_IsATurnForEachAnswer(bool everyCall)
    {
        AIFunction sky = AIFunctionFactory.Create((string town) => $"sunny in {town}", "sky", "The weather.");
        using ScriptedChatClient model = new(call =>
            call == 0
                ? new ChatMessage(
                    ChatRole.Assistant,
                    [new FunctionCallContent("c1", "sky", new Dictionary<string, object?> { ["town"] = "Ulm" })]
                )
                : new ChatMessage(ChatRole.Assistant, $"Answer {call}.")
        );
        AgentPolicy policy = new(_policy.Model, [sky]);
        SessionHistoryProvider history = new(_store, policy);
        ChatClientAgent agent = new(
            model,
            new ChatClientAgentOptions
            {
                ChatHistoryProvider = history,
                ChatOptions = new ChatOptions { Tools = [sky] },
                RequirePerServiceCallChatHistoryPersistence = everyCall,
            }
        );
        AgentSession session = await agent.CreateSessionAsync();
        await agent.RunAsync("How is the sky over Ulm?", session);
        await agent.RunAsync("And now?", session);

        SessionState kept = await Load(history.SessionIdOf(session)!);
        Assert.Equal(
            ["user", "assistant", "tool", "assistant", "user", "assistant"],
            kept.Messages.Select(message => message.Json.GetString("role"))
        );
        Assert.Equal("sunny in Ulm", kept.Messages[2].Json.GetString("content"));
        Assert.Equal(3, kept.Turns.Count);
        FunctionCallContent call = Assert.Single(
            model.Prompts[^1].SelectMany(message => message.Contents).OfType<FunctionCallContent>()
        );
        Assert.Equal("Ulm", call.Arguments!["town"]!.ToString());
        Assert.Single(model.Prompts[^1].SelectMany(message => message.Contents).OfType<FunctionResultContent>());
        Assert.Contains("sky", kept.Tools!.Value.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_AModelThatFails_InterruptsTheTurnAndTheNextGoesOn()
    {
        using ScriptedChatClient model = new(call =>
            call == 1 ? throw new HttpRequestException("gone") : new ChatMessage(ChatRole.Assistant, $"Answer {call}.")
        );
        SessionHistoryProvider history = Provider(null);
        ChatClientAgent agent = Agent(model, history);
        AgentSession session = await agent.CreateSessionAsync();
        await agent.RunAsync("One.", session);
        await Assert.ThrowsAsync<HttpRequestException>(() => agent.RunAsync("Two.", session));
        await agent.RunAsync("Three.", session);
        SessionState kept = await Load(history.SessionIdOf(session)!);
        Assert.Equal(
            [TurnStatus.Committed, TurnStatus.Interrupted, TurnStatus.Committed],
            kept.Turns.Select(turn => turn.Status)
        );
        Assert.Equal(["One.", "Answer 0.", "Three."], model.Prompts[^1].Select(message => message.Text));
    }

    private SessionHistoryProvider Provider(string? instructions) =>
        new(_store, _policy, new SessionHistoryOptions { Instructions = instructions });

    private static ChatClientAgent Agent(IChatClient model, ChatHistoryProvider history) =>
        new(model, new ChatClientAgentOptions { ChatHistoryProvider = history });

    private Task<SessionState> Load(string id) =>
        new SessionLog(_store, TimeProvider.System).LoadAsync(new SessionKey("local", id));
}
