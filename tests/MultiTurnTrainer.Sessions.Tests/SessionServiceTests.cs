using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;
using static MultiTurnTrainer.Sessions.Tests.SessionFixture;

namespace MultiTurnTrainer.Sessions.Tests;

public class SessionServiceTests
{
    private readonly SessionFixture _sessions = new();

    [Fact]
    public async Task Fork_AtAVersion_GoesItsOwnWay()
    {
        string id = (await _sessions.CreateAsync()).Id;
        await _sessions.AskAsync(id, "1?", "1.");
        await _sessions.AskAsync(id, "2?", "2.");
        SessionState fork = await _sessions.Service.ForkAsync(Key(id), 3);
        await _sessions.AskAsync(fork.Id, "other?", "other.");
        await _sessions.Log.DeleteAsync(Key(id));

        SessionState state = await _sessions.Restarted().LoadAsync(fork.Id);
        Assert.Equal(["Be brief.", "1?", "1.", "other?", "other."], Texts(state));
        Assert.Equal(new SessionForked(id, 3), state.ForkedFrom);
    }

    [Fact]
    public async Task Fork_InTheMiddleOfATurn_LeavesItToTheOther()
    {
        string id = (await _sessions.CreateAsync()).Id;
        await _sessions.BeginAsync(id, "1?");
        SessionState fork = await _sessions.Service.ForkAsync(Key(id));

        Assert.Null(fork.Pending);
        Assert.Equal(["Be brief.", "2?", "2."], Texts(await Asked(fork.Id, "2?", "2.")));
    }

    [Fact]
    public async Task Fork_OfASessionThatHasEnded_HasNot()
    {
        string id = (await _sessions.CreateAsync()).Id;
        Assert.Equal("resolved", (await _sessions.Service.MarkAsync(Key(id), "resolved")).Outcome);

        Assert.Null((await _sessions.Service.ForkAsync(Key(id))).Outcome);
    }

    [Fact]
    public async Task Reset_OfASession_KeepsTheOpeningAndTheConstraints()
    {
        string id = (await _sessions.CreateAsync()).Id;
        await _sessions.AskAsync(id, "1?", "1.");
        await _sessions.Service.AddConstraintAsync(Key(id), "No sugar.");
        SessionState state = await _sessions.Service.ResetAsync(Key(id));

        Assert.Equal(["Be brief."], Texts(state));
        Assert.Equal(new SessionConstraint("c1", "No sugar.", false, 0), Assert.Single(state.Constraints));
        Assert.Empty((await _sessions.Service.ResetAsync(Key(id), keepConstraints: false)).Constraints);
    }

    [Fact]
    public async Task Memory_IsSharedOnlyBySessionsThatAskForIt()
    {
        SessionCreated sharing = new([], User: "ann", SharesMemory: true);
        MemoryChanged likes = new(MemoryKind.Preference, "tea", "green");
        string first = (await _sessions.Service.CreateAsync(Tenant, sharing)).Id;
        await _sessions.Service.RememberAsync(Key(first), likes);
        string apart = (await _sessions.Service.CreateAsync(Tenant, sharing with { SharesMemory = false })).Id;
        await _sessions.Service.RememberAsync(Key(apart), likes with { Value = "black" });

        Assert.Equal("green", Assert.Single((await _sessions.Service.CreateAsync(Tenant, sharing)).Memory).Value);
        Assert.Empty((await _sessions.Service.CreateAsync(Tenant, sharing with { SharesMemory = false })).Memory);
        Assert.Empty((await _sessions.Service.CreateAsync(Tenant, sharing with { User = "bob" })).Memory);
        Assert.Empty((await _sessions.Service.CreateAsync("other", sharing)).Memory);
        Assert.All(
            await _sessions.Service.ListAsync(new SessionQuery()).ToListAsync(),
            header => Assert.True(Access.SessionIds.IsValid(header.Id))
        );
        Assert.Equal(4, await _sessions.Service.DeleteUserAsync(Tenant, "ann"));
        Assert.Empty((await _sessions.Service.CreateAsync(Tenant, sharing)).Memory);
    }

    [Fact]
    public async Task Expire_ErasesWhatIsOlder()
    {
        string old = (await _sessions.CreateAsync()).Id;
        _sessions.Clock.Now = _sessions.Clock.Now.AddDays(10);
        string young = (await _sessions.CreateAsync()).Id;

        List<SessionKey> told = [];
        _sessions.Log.Erased += told.Add;

        Assert.Equal(1, await _sessions.Service.ExpireAsync(TimeSpan.FromDays(5)));
        Assert.Equal([Key(old)], told);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _sessions.LoadAsync(old));
        await _sessions.LoadAsync(young);
    }

    [Fact]
    public async Task Row_OfASession_HasStateTimesAndOutcomes()
    {
        string id = (await _sessions.CreateAsync()).Id;
        SessionTurn first = await _sessions.AskAsync(id, "1?", "1.");
        SessionState constrained = await _sessions.Service.AddConstraintAsync(Key(id), "No sugar.");
        await _sessions.Service.WithdrawConstraintAsync(Key(id), constrained.Constraints[0].Id);
        SessionTurn broken = await _sessions.BeginAsync(id, "2?");
        await _sessions.Turns.InterruptAsync(Key(id), broken.Id, "Tw", "client");
        SessionState state = await _sessions.Turns.AcknowledgeAsync(Key(id), broken.Id);

        JsonView row = SessionRow.Of(state);
        Assert.Equal(5, row.GetProperty("messages").GetArrayLength());
        Assert.Equal("""{"role":"assistant","content":"1."}""", row.GetProperty("messages")[2].GetRawText());
        Assert.Equal("""{"role":"assistant","content":"Tw","weight":0}""", row.GetProperty("messages")[4].GetRawText());
        JsonView metadata = row.GetProperty("metadata");
        Assert.Equal(5, metadata.GetProperty("timestamps").GetArrayLength());
        Assert.Equal(
            """[{"turn":1,"name":"constraint c1","value":"No sugar."},{"turn":1,"name":"constraint c1","value":""}]""",
            metadata.GetProperty("state").GetRawText()
        );
        Assert.Equal(
            [(first.Id, "committed", 2), (broken.Id, "acknowledged", 4)],
            metadata
                .GetProperty("turns")
                .EnumerateArray()
                .Select(turn =>
                    (
                        turn.GetProperty("id").GetString()!,
                        turn.GetProperty("outcome").GetString()!,
                        turn.GetProperty("answer").GetInt32()
                    )
                )
        );
    }

    [Fact]
    public async Task LogFile_IntoAnotherStore_GivesTheSameState()
    {
        string id = (await _sessions.CreateAsync()).Id;
        await _sessions.AskAsync(id, "1?", "1.");
        using TempFolder folder = new();
        string path = folder["log.jsonl"];
        await using (FileStream file = File.Create(path))
        {
            LogFile.Write(file, id, await _sessions.Log.EventsAsync(Key(id)));
        }

        SessionFixture other = new();
        Assert.Equal((1, 0), Counts(await LogFile.ImportAsync(other.Log, Tenant, path)));
        Assert.Equal((0, 1), Counts(await LogFile.ImportAsync(other.Log, Tenant, path)));
        Assert.Equal(Written(await _sessions.LoadAsync(id)), Written(await other.LoadAsync(id)));
    }

    private static (int, int) Counts((int Added, IReadOnlyList<string> Known) result) =>
        (result.Added, result.Known.Count);

    private async Task<SessionState> Asked(string id, string question, string answer)
    {
        await _sessions.AskAsync(id, question, answer);
        return await _sessions.LoadAsync(id);
    }
}
