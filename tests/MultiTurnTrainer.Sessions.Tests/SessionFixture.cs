using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Sessions.Tests;

/// <summary>Sessions over a store in memory, with a clock that the test moves.</summary>
internal sealed class SessionFixture(ISessionStore store, SessionBudget? budget = null)
{
    public const string Tenant = "acme";

    public static SessionKey Key(string session) => new(Tenant, session);

    public SessionFixture(SessionBudget? budget = null)
        : this(new MemorySessionStore(), budget) { }

    public ISessionStore Store { get; } = store;

    public MovedClock Clock { get; } = new();

    public SessionLog Log => field ??= new SessionLog(Store, Clock);

    public SessionTurns Turns => field ??= new SessionTurns(Log, budget ?? SessionBudget.None);

    public SessionService Service => field ??= new SessionService(Log);

    public Task<SessionState> CreateAsync(string system = "Be brief.") =>
        Service.CreateAsync(Tenant, new SessionCreated([Message("system", system)]));

    public async Task<SessionTurn> BeginAsync(string session, string question, string? key = null) =>
        (
            await Turns.BeginAsync(
                Key(session),
                new TurnRequest
                {
                    Messages = [Message("user", question)],
                    IdempotencyKey = key,
                    RequestHash = question,
                }
            )
        ).Turn;

    public async Task<SessionTurn> AskAsync(string session, string question, string answer, string? key = null)
    {
        SessionTurn turn = await BeginAsync(session, question, key);
        SessionState state = await CommitAsync(session, turn.Id, answer);
        return state.FindTurn(turn.Id)!;
    }

    /// <summary>Asks under a key that was used: the answer that is kept.</summary>
    public async Task<string> AskAgainAsync(string session, string question, string key)
    {
        TurnStart start = await Turns.BeginAsync(
            Key(session),
            new TurnRequest
            {
                Messages = [Message("user", question)],
                IdempotencyKey = key,
                RequestHash = question,
            }
        );
        Assert.Equal(TurnStartKind.Stored, start.Kind);
        return start.State.MessageAt(start.Turn.First + 1).Json.GetProperty("content").GetString()!;
    }

    public Task<SessionState> CommitAsync(string session, string turn, string answer, CommitInfo? info = null) =>
        Turns.CommitAsync(
            Key(session),
            turn,
            Message("assistant", answer),
            info
                ?? new CommitInfo
                {
                    PromptTokens = 10,
                    CompletionTokens = 2,
                    Model = "small",
                }
        );

    public Task<SessionState> LoadAsync(string session) => Log.LoadAsync(Key(session));

    /// <summary>A log that remembers nothing, as after a restart.</summary>
    public SessionFixture Restarted() => new(Store, budget);

    public static JsonView Message(string role, string content) =>
        JsonText.ToView(new Dictionary<string, string> { ["role"] = role, ["content"] = content });

    public static string[] Texts(SessionState state) =>
        [.. state.Messages.Select(message => message.Json.GetProperty("content").GetString()!)];

    /// <summary>Everything that a state says, to compare two of them.</summary>
    public static string Written(SessionState state) =>
        System.Text.Encoding.UTF8.GetString(Files.RecordJson.ToLine(state));

    internal sealed class MovedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
