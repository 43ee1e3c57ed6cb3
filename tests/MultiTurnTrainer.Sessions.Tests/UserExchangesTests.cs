using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Retrieval;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Sessions.Tests;

/// <summary>What a turn finds in the other sessions of its user.</summary>
public class UserExchangesTests
{
    private static readonly RetrievalPolicy _policy = new() { OtherSessions = true };

    private static readonly SessionCreated _sharing = new([], User: "ann", SharesMemory: true);

    private readonly SessionFixture _sessions = new();

    [Fact]
    public async Task Find_AmongSessionsOfAUser_TakesOnlyThoseThatShareOfTheSameTenant()
    {
        await TellAsync(SessionFixture.Tenant, _sharing, "My kettle is copper.");
        await TellAsync(SessionFixture.Tenant, _sharing with { SharesMemory = false }, "My kettle is tin.");
        await TellAsync(SessionFixture.Tenant, _sharing with { User = "bob" }, "My kettle is silver.");
        await TellAsync(SessionFixture.Tenant, _sharing with { User = null }, "My kettle is lead.");
        await TellAsync("other", _sharing, "My kettle is gold.");
        SessionState asking = await _sessions.Service.CreateAsync(SessionFixture.Tenant, _sharing);

        ExchangesRecalled? found = await FindAsync(asking, "What is my kettle made of?");

        Exchange exchange = Assert.Single(found!.Exchanges);
        Assert.Equal("User: My kettle is copper.\nAssistant: Noted.", exchange.Text);
        Assert.Equal((0, 0), (found.Turn, exchange.Turn));
        Assert.NotNull(exchange.Date);
    }

    [Fact]
    public async Task Find_ForASessionThatDoesNotShare_IsNothing()
    {
        await TellAsync(SessionFixture.Tenant, _sharing, "My kettle is copper.");
        SessionState apart = await _sessions.Service.CreateAsync(
            SessionFixture.Tenant,
            _sharing with
            {
                SharesMemory = false,
            }
        );

        Assert.Null(await FindAsync(apart, "What is my kettle made of?"));
    }

    [Fact]
    public async Task Find_BehindManySessionsThatDoNotShare_StillFindsWhatIsShared()
    {
        await TellAsync(SessionFixture.Tenant, _sharing, "My kettle is copper.");
        for (int i = 0; i < 25; i++)
        {
            await TellAsync(SessionFixture.Tenant, _sharing with { SharesMemory = false }, $"My kettle is tin {i}.");
        }

        SessionState asking = await _sessions.Service.CreateAsync(SessionFixture.Tenant, _sharing);

        Assert.Single((await FindAsync(asking, "What is my kettle made of?"))!.Exchanges);
    }

    [Fact]
    public async Task Find_ForAFork_DoesNotFindItsOwnWords()
    {
        SessionState parent = await TellAsync(SessionFixture.Tenant, _sharing, "My kettle is copper.");
        SessionState fork = await _sessions.Service.ForkAsync(parent.Key);

        Assert.Null(await FindAsync(fork, "What is my kettle made of?"));
    }

    [Fact]
    public async Task Find_AfterTheOtherSessionWasErased_IsNothing()
    {
        SessionState other = await TellAsync(SessionFixture.Tenant, _sharing, "My kettle is copper.");
        SessionState asking = await _sessions.Service.CreateAsync(SessionFixture.Tenant, _sharing);
        await _sessions.Service.DeleteAsync([other.Key]);

        Assert.Null(await FindAsync(asking, "What is my kettle made of?"));
    }

    [Fact]
    public async Task Begin_WithWhatWasFound_KeepsItForThatTurnAlone()
    {
        await TellAsync(SessionFixture.Tenant, _sharing, "My kettle is copper.");
        SessionState asking = await _sessions.Service.CreateAsync(SessionFixture.Tenant, _sharing);
        JsonView question = SessionFixture.Message("user", "What is my kettle made of?");
        TurnStart start = await _sessions.Turns.BeginAsync(
            asking.Key,
            new TurnRequest { Messages = [question], Recalled = await FindAsync(asking, "What is my kettle made of?") }
        );
        SessionState state = await _sessions.CommitAsync(asking.Id, start.Turn.Id, "Copper.");

        ContextInputs inputs = ContextInputs.Of(Conversation.FromJson(SessionRow.Of(state)));
        RecalledExchange recalled = Assert.Single(inputs.Recalled);
        Assert.Equal((0, state.Recalled[0].Exchange.Text), (recalled.For, recalled.Exchange.Text));
        Assert.Equal(state.Recalled[0].Exchange.Date, recalled.Exchange.Date);
        Assert.Equal(state.Recalled[0].Exchange.Session, recalled.Exchange.Session);

        // The turn is taken back and another is asked that fits nothing: what was found for it before is gone.
        SessionState back = await _sessions.Turns.RollBackAsync(asking.Key, start.Turn.Id);
        ExchangesRecalled? none = await FindAsync(back, "Who won the cup?");
        Assert.Empty(none!.Exchanges);
        Assert.Empty(back.With(none).Recalled);
        Assert.Empty((await _sessions.Service.ResetAsync(asking.Key)).Recalled);
    }

    private Task<ExchangesRecalled?> FindAsync(SessionState state, string question) =>
        new UserExchanges(_sessions.Log).FindAsync(state, _policy, [SessionFixture.Message("user", question)]);

    private async Task<SessionState> TellAsync(string tenant, SessionCreated created, string words)
    {
        SessionState state = await _sessions.Service.CreateAsync(tenant, created);
        TurnStart start = await _sessions.Turns.BeginAsync(
            state.Key,
            new TurnRequest { Messages = [SessionFixture.Message("user", words)] }
        );
        return await _sessions.Turns.CommitAsync(
            state.Key,
            start.Turn.Id,
            SessionFixture.Message("assistant", "Noted."),
            new CommitInfo { Model = "m" }
        );
    }
}
