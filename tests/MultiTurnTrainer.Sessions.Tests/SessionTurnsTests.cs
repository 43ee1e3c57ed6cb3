using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Turns;
using static MultiTurnTrainer.Sessions.Tests.SessionFixture;

namespace MultiTurnTrainer.Sessions.Tests;

public class SessionTurnsTests
{
    private readonly SessionFixture _sessions = new();

    [Fact]
    public async Task Commit_OfATurn_MakesItPartOfTheConversation()
    {
        string id = (await _sessions.CreateAsync()).Id;
        await _sessions.AskAsync(id, "Hi?", "Hello.");

        SessionState state = await _sessions.LoadAsync(id);
        Assert.Equal(["Be brief.", "Hi?", "Hello."], Texts(state));
        Assert.Equal(3, state.Version);
        Assert.Equal(new SessionTotals(1, 10, 2, 0), state.Totals);
        Assert.Null(state.Pending);
    }

    [Fact]
    public async Task Begin_UnderTheSameKey_FindsTheTurn()
    {
        string id = (await _sessions.CreateAsync()).Id;
        SessionTurn turn = await _sessions.BeginAsync(id, "Hi?", "k");
        TurnRequest again = new()
        {
            Messages = turn.Messages,
            IdempotencyKey = "k",
            RequestHash = "Hi?",
        };

        TurnStart running = await _sessions.Turns.BeginAsync(Key(id), again);
        await _sessions.CommitAsync(id, turn.Id, "Hello.");
        TurnStart stored = await _sessions.Restarted().Turns.BeginAsync(Key(id), again);

        Assert.Equal((TurnStartKind.Running, turn.Id), (running.Kind, running.Turn.Id));
        Assert.Equal((TurnStartKind.Stored, turn.Id), (stored.Kind, stored.Turn.Id));
        Assert.Equal("Hello.", stored.Turn.Answer!.Value.GetProperty("content").GetString());
        await Assert.ThrowsAsync<IdempotencyMismatchException>(() =>
            _sessions.Turns.BeginAsync(Key(id), again with { RequestHash = "other" })
        );
    }

    [Fact]
    public async Task Begin_AtAStaleVersionOrBesideAPendingTurn_IsAConflictWithTheCurrentVersion()
    {
        string id = (await _sessions.CreateAsync()).Id;
        await _sessions.AskAsync(id, "Hi?", "Hello.");
        TurnRequest request = new() { Messages = [Message("user", "And?")], ExpectedVersion = 1 };

        SessionConflictException stale = await Assert.ThrowsAsync<SessionConflictException>(() =>
            _sessions.Turns.BeginAsync(Key(id), request)
        );
        await _sessions.Turns.BeginAsync(Key(id), request with { ExpectedVersion = 3 });
        SessionConflictException busy = await Assert.ThrowsAsync<SessionConflictException>(() =>
            _sessions.Turns.BeginAsync(Key(id), request with { ExpectedVersion = null })
        );

        Assert.Equal(3, stale.CurrentVersion);
        Assert.Equal(4, busy.CurrentVersion);
    }

    [Fact]
    public async Task Begin_ByManyAtATime_LetsOneAnswer()
    {
        string id = (await _sessions.CreateAsync()).Id;
        int started = 0;
        await Parallel.ForAsync(
            0,
            50,
            async (i, _) =>
            {
                try
                {
                    await _sessions.BeginAsync(id, $"{i}");
                    Interlocked.Increment(ref started);
                }
                catch (SessionConflictException)
                {
                    // Another was first.
                }
            }
        );

        Assert.Equal(1, started);
        Assert.Single((await _sessions.LoadAsync(id)).Turns);
    }

    [Fact]
    public async Task Interrupt_AfterCheckpoints_LeavesTheLastCommittedTurnAndKeepsThePartAside()
    {
        string id = (await _sessions.CreateAsync()).Id;
        await _sessions.AskAsync(id, "Hi?", "Hello.");
        SessionTurn turn = await _sessions.BeginAsync(id, "More?", "k");
        await _sessions.Turns.CheckpointAsync(Key(id), turn.Id, "One");
        await _sessions.Turns.CheckpointAsync(Key(id), turn.Id, "One two");
        SessionState state = await _sessions.Turns.InterruptAsync(Key(id), turn.Id, "One two thr", "client");

        Assert.Equal(["Be brief.", "Hi?", "Hello."], Texts(state));
        SessionTurn broken = state.FindTurn(turn.Id)!;
        Assert.Equal((TurnStatus.Interrupted, "One two thr", "client"), (broken.Status, broken.Partial, broken.Reason));
        Assert.Equal(
            ["One", " two"],
            (await _sessions.Log.EventsAsync(Key(id)))
                .Select(logged => logged.Event)
                .OfType<TurnCheckpointed>()
                .Select(checkpoint => checkpoint.Text)
        );

        // The answer never came, so the same request may be tried again.
        Assert.NotEqual(turn.Id, (await _sessions.BeginAsync(id, "More?", "k")).Id);
    }

    [Theory]
    [InlineData(null, "One two")]
    [InlineData("One", "One")]
    public async Task Acknowledge_OfABrokenAnswer_CommitsExactlyWhatWasShown(string? shown, string committed)
    {
        string id = (await _sessions.CreateAsync()).Id;
        SessionTurn turn = await _sessions.BeginAsync(id, "Count.");
        await _sessions.Turns.InterruptAsync(Key(id), turn.Id, "One two", "client");

        await Assert.ThrowsAsync<SessionConflictException>(() =>
            _sessions.Turns.AcknowledgeAsync(Key(id), turn.Id, "Two")
        );
        SessionState state = await _sessions.Turns.AcknowledgeAsync(Key(id), turn.Id, shown);
        SessionState again = await _sessions.Turns.AcknowledgeAsync(Key(id), turn.Id, shown);

        Assert.Equal(["Be brief.", "Count.", committed], Texts(state));
        Assert.Equal(state.Version, again.Version);
    }

    [Fact]
    public async Task Acknowledge_WhenTheConversationWentOn_IsAConflict()
    {
        string id = (await _sessions.CreateAsync()).Id;
        SessionTurn turn = await _sessions.BeginAsync(id, "Count.");
        await _sessions.Turns.InterruptAsync(Key(id), turn.Id, "One two", "client");
        await _sessions.AskAsync(id, "Hi?", "Hello.");

        await Assert.ThrowsAsync<SessionConflictException>(() => _sessions.Turns.AcknowledgeAsync(Key(id), turn.Id));
    }

    [Fact]
    public async Task RollBack_OfATurn_TakesTheLaterOnesToo()
    {
        string id = (await _sessions.CreateAsync()).Id;
        await _sessions.AskAsync(id, "1?", "1.");
        SessionTurn second = await _sessions.AskAsync(id, "2?", "2.");
        await _sessions.AskAsync(id, "3?", "3.");

        SessionState state = await _sessions.Turns.RollBackAsync(Key(id), second.Id);
        Assert.Equal(["Be brief.", "1?", "1."], Texts(state));
        Assert.Equal(
            [TurnStatus.Committed, TurnStatus.RolledBack, TurnStatus.RolledBack],
            state.Turns.Select(turn => turn.Status)
        );
    }

    [Fact]
    public async Task Regenerate_OfATurn_KeepsBothAnswers()
    {
        string id = (await _sessions.CreateAsync()).Id;
        SessionTurn first = await _sessions.AskAsync(id, "Hi?", "Hello.");
        TurnStart start = await _sessions.Turns.RegenerateAsync(Key(id), first.Id);
        Assert.Equal(
            ["Be brief.", "Hi?"],
            start.State.Before(start.Turn).Select(message => message.Json.GetProperty("content").GetString())
        );
        SessionState state = await _sessions.CommitAsync(id, start.Turn.Id, "Good day.");

        Assert.Equal(["Be brief.", "Hi?", "Good day."], Texts(state));
        Assert.Equal(TurnStatus.Replaced, state.FindTurn(first.Id)!.Status);
    }

    [Fact]
    public async Task Recover_AfterACrash_InterruptsWhatWasPending()
    {
        string id = (await _sessions.CreateAsync()).Id;
        SessionTurn turn = await _sessions.BeginAsync(id, "Hi?");
        await _sessions.Turns.CheckpointAsync(Key(id), turn.Id, "Hel");
        SessionFixture restarted = _sessions.Restarted();

        Assert.Equal(1, await restarted.Turns.RecoverAsync());
        Assert.Equal(0, await restarted.Turns.RecoverAsync());
        SessionTurn broken = (await restarted.LoadAsync(id)).FindTurn(turn.Id)!;
        Assert.Equal((TurnStatus.Interrupted, "Hel", "restart"), (broken.Status, broken.Partial, broken.Reason));
        await Assert.ThrowsAsync<SessionConflictException>(() => _sessions.CommitAsync(id, turn.Id, "Hello."));
    }

    [Fact]
    public async Task Change_WithAClockThatWasSetBack_KeepsTheOrderOfTimes()
    {
        string id = (await _sessions.CreateAsync()).Id;
        await _sessions.AskAsync(id, "1?", "1.");
        _sessions.Clock.Now = _sessions.Clock.Now.AddDays(-400);
        await _sessions.AskAsync(id, "2?", "2.");

        DateTimeOffset[] times = [.. (await _sessions.Log.EventsAsync(Key(id))).Select(logged => logged.At)];
        Assert.Equal(times.Order(), times);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("' OR 1=1 --")]
    [InlineData("")]
    [InlineData("user.aaaa")]
    public async Task Load_OfWhatIsNoId_FindsNothing(string id)
    {
        await _sessions.CreateAsync();
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _sessions.LoadAsync(id));
        Assert.False(Access.SessionIds.IsValid(id));
    }
}
