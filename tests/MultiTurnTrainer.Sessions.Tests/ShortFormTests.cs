using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Turns;
using static MultiTurnTrainer.Sessions.Tests.SessionFixture;

namespace MultiTurnTrainer.Sessions.Tests;

/// <summary>States in short form, with which turns of long sessions are decided.</summary>
public class ShortFormTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// <summary>Whatever is done, a log with snapshots decides and becomes what one does that folds all events each time.</summary>
    [Fact]
    public void Changes_DecidedOnTheShortForm_AreThoseDecidedOnTheWhole() =>
        Prop.ForAll(
                Arb.From(Gen.Choose(0, 100_000).ArrayOf(220)),
                operations => CheckAsync(operations).GetAwaiter().GetResult()
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(30));

    [Fact]
    public async Task Recent_OfALongSession_LeavesOutWhatLiesFarBack()
    {
        SessionFixture sessions = new();
        string id = (await sessions.CreateAsync()).Id;
        for (int i = 0; i < 60; i++)
        {
            await sessions.AskAsync(id, $"question {i}", $"answer {i}");
        }

        RecentSession recent = await sessions.Restarted().Log.RecentAsync(Key(id));
        SessionState whole = await sessions.Restarted().LoadAsync(id);

        Assert.False(recent.State.IsWhole);
        Assert.InRange(recent.State.Turns.Count, 8, 8 + 16);
        Assert.Equal(whole.MessageCount, recent.State.MessageCount);
        Assert.Equal(whole.NextTurnNumber, recent.State.NextTurnNumber);
        Assert.Equal("Be brief.", Texts(recent.State)[0]);
        Assert.Equal("answer 59", Texts(recent.State)[^1]);
        Assert.Equal(whole.Messages[^5].Json.GetRawText(), recent.State.MessageAt(116).Json.GetRawText());
        Assert.Equal(121, whole.Messages.Count);
        Assert.Throws<PastNeededException>(() => recent.State.MessageAt(40));
    }

    [Fact]
    public async Task Begin_UnderAKeyOfLongAgo_FindsItsTurn()
    {
        SessionFixture sessions = new();
        string id = (await sessions.CreateAsync()).Id;
        SessionTurn first = await sessions.AskAsync(id, "question", "answer", "key");
        for (int i = 0; i < 60; i++)
        {
            await sessions.AskAsync(id, $"question {i}", $"answer {i}");
        }

        TurnRequest again = new() { IdempotencyKey = "key", RequestHash = "question" };
        TurnStart start = await sessions.Turns.BeginAsync(Key(id), again);

        Assert.Equal((TurnStartKind.Stored, first.Id), (start.Kind, start.Turn.Id));
        await Assert.ThrowsAsync<IdempotencyMismatchException>(() =>
            sessions.Turns.BeginAsync(Key(id), again with { RequestHash = "another" })
        );
    }

    private static async Task CheckAsync(int[] operations)
    {
        CountingStore store = new();
        CountingStore forgetful = new(keepsSnapshots: false);
        SessionFixture quick = new(store);
        await CreateAsync(quick);
        await CreateAsync(new SessionFixture(forgetful));
        bool wasShort = false;
        for (int i = 0; i < operations.Length; i++)
        {
            // One log keeps what it knows, or reads a snapshot; the other folds from the first event.
            quick = operations[i] % 7 == 0 ? quick.Restarted() : quick;
            SessionFixture slow = new(forgetful);
            string one = await TryAsync(quick, operations[i], i);
            string other = await TryAsync(slow, operations[i], i);
            Assert.Equal(other, one);
            wasShort |= !(await quick.Log.RecentAsync(Key(Id))).State.IsWhole;
        }

        Assert.Equal(
            Numbered(Ordered(await new SessionFixture(forgetful).LoadAsync(Id))),
            Numbered(Ordered(await quick.LoadAsync(Id)))
        );
        Assert.True(wasShort);
    }

    // Turns have random ids: by the order of their first mention they are the same.
    private static string Numbered(string text)
    {
        Dictionary<string, string> names = [];
        return Regex.Replace(
            text,
            "[0-9a-f]{64}",
            id =>
                names.TryGetValue(id.Value, out string? name)
                    ? name
                    : names[id.Value] = FormattableString.Invariant($"#{names.Count}")
        );
    }

    // Dictionaries have no order; what they say follows from the turns.
    private static string Ordered(SessionState state) =>
        Written(state with { TurnPlaces = state.TurnPlaces.Clear(), Keys = state.Keys.Clear() })
        + string.Join(' ', state.Keys.OrderBy(pair => pair.Key, StringComparer.Ordinal));

    private static Task CreateAsync(SessionFixture sessions) =>
        sessions.Log.TryCreateAsync(
            Key(Id),
            [new LoggedEvent(1, sessions.Clock.Now, new SessionCreated([Message("system", "Be brief.")]))]
        );

    /// <summary>Does something; says what came of it.</summary>
    private static async Task<string> TryAsync(SessionFixture sessions, int operation, int step)
    {
        try
        {
            SessionState state = await ChangeAsync(sessions, await sessions.LoadAsync(Id), operation, step);
            return FormattableString.Invariant(
                $"{state.Version} {state.MessageCount} {state.NextTurnNumber} {state.Pending is null} {state.Totals}"
            );
        }
        catch (SessionException problem)
        {
            return $"{problem.GetType().Name}: {Numbered(problem.Message)}";
        }
    }

    private static async Task<SessionState> ChangeAsync(
        SessionFixture sessions,
        SessionState state,
        int operation,
        int step
    )
    {
        string pending = state.Pending ?? "none";
        int some = operation / 32;
        string turn = state.Turns.Count == 0 ? "none" : state.Turns[^(1 + (some * some % state.Turns.Count))].Id;
        TurnRequest request = new()
        {
            Messages = [Message("user", FormattableString.Invariant($"Question {operation}."))],
            IdempotencyKey = some % 3 == 0 ? FormattableString.Invariant($"k{some % 40}") : null,
        };
        return (operation & 31) switch
        {
            // Mostly whole turns: else no session becomes long.
            < 24 when state.Pending is null => (await sessions.Turns.BeginAsync(Key(Id), request)).State,
            < 24 => await sessions.CommitAsync(Id, pending, FormattableString.Invariant($"Answer to {operation}.")),
            24 => await sessions.Turns.InterruptAsync(Key(Id), pending, "half", "client"),
            25 => await sessions.Turns.AcknowledgeAsync(Key(Id), turn),
            26 when some % 4 == 0 => await sessions.Turns.RollBackAsync(Key(Id), turn),
            27 when some % 4 == 0 => (await sessions.Turns.RegenerateAsync(Key(Id), turn, request)).State,
            27 when some % 4 == 1 => await sessions.Turns.EditAsync(
                Key(Id),
                turn,
                Message("assistant", FormattableString.Invariant($"Better {step}."))
            ),
            28 when some % 16 == 0 => await sessions.Service.ResetAsync(Key(Id)),
            29 => await sessions.Service.AddConstraintAsync(Key(Id), request.Messages[0].GetRawText()),
            30 => await sessions.Service.WithdrawConstraintAsync(
                Key(Id),
                FormattableString.Invariant($"c{(some % 3) + 1}")
            ),
            _ => await sessions.Service.RememberAsync(
                Key(Id),
                new(MemoryKind.Goal, "refund", FormattableString.Invariant($"goal {step}"))
            ),
        };
    }
}
