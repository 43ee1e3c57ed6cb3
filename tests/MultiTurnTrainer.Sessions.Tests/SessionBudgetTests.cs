using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Sessions.Tests;

public class SessionBudgetTests
{
    [Theory]
    [InlineData("requests", 2, null, null)]
    [InlineData("tokens", null, 24, null)]
    [InlineData("money", null, null, 0.00003)]
    public async Task Begin_AtACeiling_IsRefusedAndLoggedOnce(string which, int? requests, int? tokens, double? money)
    {
        SessionFixture sessions = new(
            new SessionBudget
            {
                Requests = requests,
                Tokens = tokens,
                Money = money,
                Prices = new Dictionary<string, TokenPrice> { ["small"] = new(1, 3) },
            }
        );
        string id = (await sessions.CreateAsync()).Id;
        await sessions.AskAsync(id, "1?", "1.");
        await sessions.AskAsync(id, "2?", "2.");

        for (int i = 0; i < 2; i++)
        {
            SessionBudgetException stopped = await Assert.ThrowsAsync<SessionBudgetException>(() =>
                sessions.BeginAsync(id, "3?")
            );
            Assert.Equal(which, stopped.Which);
            Assert.True(stopped.Spent >= stopped.Limit);
        }

        Assert.Single(await sessions.Log.EventsAsync(SessionFixture.Key(id)), logged => logged.Event is BudgetTripped);
    }

    [Fact]
    public async Task Begin_AtACeilingThatEscalates_GoesOnWithTheOtherModelAndThenStops()
    {
        SessionFixture sessions = new(new SessionBudget { Requests = 1, EscalateTo = "large" });
        string id = (await sessions.CreateAsync()).Id;
        await sessions.AskAsync(id, "1?", "1.");
        await sessions.AskAsync(id, "2?", "2.");

        SessionState state = await sessions.LoadAsync(id);
        Assert.Equal("large", state.EscalatedTo);
        await Assert.ThrowsAsync<SessionBudgetException>(() => sessions.BeginAsync(id, "3?"));
    }

    [Fact]
    public async Task AnswerTokens_UnderACeiling_AreWhatIsLeft()
    {
        SessionBudget budget = new() { Tokens = 100 };
        SessionFixture sessions = new(budget);
        string id = (await sessions.CreateAsync()).Id;
        await sessions.AskAsync(id, "1?", "1.");
        SessionState state = await sessions.LoadAsync(id);

        Assert.Equal(100 - 12 - 30, budget.AnswerTokens(state, 30));
        Assert.Equal(0, budget.AnswerTokens(state, 90));
        Assert.Null(SessionBudget.None.AnswerTokens(state, 90));
    }
}
