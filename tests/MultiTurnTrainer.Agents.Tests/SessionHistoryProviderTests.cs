using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Sessions;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Turns;

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

    [Fact]
    public async Task Run_AQuestionLongerThanTheWindow_InterruptsTheTurnAtOnceAndTheNextGoesOn()
    {
        using ScriptedChatClient model = new(call => new ChatMessage(ChatRole.Assistant, $"Answer {call}."));
        SessionHistoryProvider history = Provider(null);
        ChatClientAgent agent = Agent(model, history);
        AgentSession session = await agent.CreateSessionAsync();
        await agent.RunAsync("One.", session);
        await Assert.ThrowsAnyAsync<MttException>(() => agent.RunAsync(new string('q', 20_000), session));
        Assert.Null((await Load(history.SessionIdOf(session)!)).Pending);
        await agent.RunAsync("Three.", session);
        Assert.Equal(
            [TurnStatus.Committed, TurnStatus.Interrupted, TurnStatus.Committed],
            (await Load(history.SessionIdOf(session)!)).Turns.Select(turn => turn.Status)
        );
    }

    [Fact]
    public async Task Run_Cancelled_InterruptsTheTurnAllTheSame()
    {
        using CancellationTokenSource stop = new();
        using ScriptedChatClient model = new(_ =>
        {
            stop.Cancel();
            throw new OperationCanceledException(stop.Token);
        });
        SessionHistoryProvider history = Provider(null);
        ChatClientAgent agent = Agent(model, history);
        AgentSession session = await agent.CreateSessionAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            agent.RunAsync("One.", session, cancellationToken: stop.Token)
        );
        SessionTurn turn = Assert.Single((await Load(history.SessionIdOf(session)!)).Turns);
        Assert.Equal((TurnStatus.Interrupted, "client"), (turn.Status, turn.Reason));
    }

    [Fact]
    public async Task Run_AnotherBeforeTheAnswer_KeepsOnlyTheAnswerOfTheNewerQuestion()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedChatClient model = new(
            call => new ChatMessage(ChatRole.Assistant, $"Answer {call}."),
            call => call == 0 && asked.TrySetResult() ? answered.Task : Task.CompletedTask
        );
        SessionHistoryProvider history = Provider(null);
        ChatClientAgent agent = Agent(model, history);
        AgentSession session = await agent.CreateSessionAsync();
        Task<AgentResponse> first = agent.RunAsync("One.", session);
        await asked.Task;
        await agent.RunAsync("Two.", session);
        answered.SetResult();
        MttException problem = await Assert.ThrowsAsync<MttException>(() => first);
        Assert.Contains("asked again", problem.Message, StringComparison.Ordinal);
        SessionState kept = await Load(history.SessionIdOf(session)!);
        Assert.Equal([TurnStatus.Interrupted, TurnStatus.Committed], kept.Turns.Select(turn => turn.Status));
        Assert.Equal(["Two.", "Answer 1."], kept.Messages.Select(message => message.Json.GetString("content")));
    }

    [Fact]
    public async Task Recover_AfterAKill_FreesTheSession()
    {
        using ScriptedChatClient model = new(call => new ChatMessage(ChatRole.Assistant, $"Answer {call}."));
        SessionHistoryProvider history = Provider(null);
        ChatClientAgent agent = Agent(model, history);
        AgentSession session = await agent.CreateSessionAsync();
        await agent.RunAsync("One.", session);
        SessionKey key = new("local", history.SessionIdOf(session)!);
        SessionTurns turns = new(new SessionLog(_store, TimeProvider.System), SessionBudget.None);
        await turns.BeginAsync(key, new TurnRequest { Messages = [] });
        await Assert.ThrowsAsync<SessionConflictException>(() => agent.RunAsync("Two.", session));
        Assert.Equal(1, await history.RecoverAsync());
        Assert.Equal("Answer 1.", (await agent.RunAsync("Two.", session)).Text);
    }

    private SessionHistoryProvider Provider(string? instructions) =>
        new(_store, _policy, new SessionHistoryOptions { Instructions = instructions });

    private static ChatClientAgent Agent(IChatClient model, ChatHistoryProvider history) =>
        new(model, new ChatClientAgentOptions { ChatHistoryProvider = history });

    private Task<SessionState> Load(string id) =>
        new SessionLog(_store, TimeProvider.System).LoadAsync(new SessionKey("local", id));
}
