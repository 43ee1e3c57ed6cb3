using MultiTurnTrainer.Conversations.Pairs;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Turns;
using static MultiTurnTrainer.Sessions.Tests.SessionFixture;

namespace MultiTurnTrainer.Sessions.Tests;

/// <summary>Which answers of sessions are compared, which of two stayed, and what gives no pair.</summary>
public sealed class SessionPairsTests
{
    private readonly SessionFixture _sessions = new();
    private readonly List<string> _skipped = [];

    [Fact]
    public async Task Pairs_OfARegeneratedTurn_SetTheAnswerThatStayedAgainstEachBefore()
    {
        string id = (await _sessions.CreateAsync()).Id;
        SessionTurn first = await _sessions.AskAsync(id, "Hi?", "Hello.");
        SessionTurn second = await RegenerateAsync(id, first.Id, "Good day.");
        await RegenerateAsync(id, second.Id, "Good morning.");

        AnswerPair[] pairs = await PairsAsync(id);
        Assert.Equal(["regeneration", "regeneration"], pairs.Select(pair => pair.Source));
        Assert.All(
            pairs,
            pair => Assert.Equal(("Good morning.", 1, 2), (Text(pair.Chosen), pair.Turn, pair.Prompt.Count))
        );
        Assert.Equal(["Good day.", "Hello."], pairs.Select(pair => Text(pair.Rejected)));
        Assert.Equal("small", pairs[0].Provenance["rejected_model"]);
    }

    [Fact]
    public async Task Pairs_OfAnEditedAnswer_SetTheEditAgainstTheModelsWords()
    {
        string id = (await _sessions.CreateAsync()).Id;
        await _sessions.AskAsync(id, "Hi?", "Hello.");
        SessionTurn wrong = await _sessions.AskAsync(id, "2 + 2?", "5");
        SessionState state = await _sessions.Turns.EditAsync(Key(id), wrong.Id, Message("assistant", "4"));
        await _sessions.Turns.EditAsync(Key(id), state.Turns[^1].Id, Message("assistant", "4"));

        AnswerPair pair = Assert.Single(await PairsAsync(id));
        Assert.Equal(("edit", 2, "4", "5"), (pair.Source, pair.Turn, Text(pair.Chosen), Text(pair.Rejected)));
        Assert.Equal(["Be brief.", "Hi?", "Hello.", "2 + 2?", "4"], Texts(await _sessions.LoadAsync(id)));
        Assert.Equal(2, (await _sessions.LoadAsync(id)).Totals.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pairs_OfAFork_ChooseTheBranchThatWasLastGoneOnWith(bool backToTheFirst)
    {
        string id = (await _sessions.CreateAsync()).Id;
        SessionState before = await _sessions.LoadAsync(id);
        await _sessions.AskAsync(id, "Hi?", "Hello.");
        string fork = (await _sessions.Service.ForkAsync(Key(id), before.Version)).Id;
        Tick();
        await _sessions.AskAsync(fork, "Hi?", "Good day.");
        if (backToTheFirst)
        {
            Tick();
            await _sessions.AskAsync(id, "And you?", "Well.");
        }

        AnswerPair pair = Assert.Single(await PairsAsync(fork, id));
        string[] expected = backToTheFirst ? ["Hello.", "Good day.", id] : ["Good day.", "Hello.", fork];
        Assert.Equal<string[]>(expected, [Text(pair.Chosen), Text(pair.Rejected), $"{pair.Provenance["session"]}"]);
        Assert.Equal("fork", pair.Source);
    }

    [Fact]
    public async Task Pairs_OfTwoForks_AreOfTheFamilyAndCopiedTurnsCountOnce()
    {
        string id = (await _sessions.CreateAsync()).Id;
        SessionTurn first = await _sessions.AskAsync(id, "Hi?", "Hello.");
        await RegenerateAsync(id, first.Id, "Good day.");
        string[] forks = [];
        for (int i = 0; i < 2; i++)
        {
            string fork = (await _sessions.Service.ForkAsync(Key(id))).Id;
            Tick();
            await _sessions.AskAsync(fork, "And?", $"Answer {i}.");
            forks = [.. forks, fork];
        }

        AnswerPair[] pairs = await PairsAsync([id, .. forks]);
        Assert.Equal(["regeneration", "fork"], pairs.Select(pair => pair.Source));
        Assert.Equal(("Answer 1.", "Answer 0.", 2), (Text(pairs[1].Chosen), Text(pairs[1].Rejected), pairs[1].Turn));
        Assert.Equal(["a branch ends where they part", "a branch ends where they part"], _skipped);
    }

    [Fact]
    public async Task Pairs_OfWhatCannotBeCompared_AreCountedByCause()
    {
        string id = (await _sessions.CreateAsync()).Id;
        SessionTurn cut = await _sessions.BeginAsync(id, "Hi?");
        await _sessions.CommitAsync(id, cut.Id, "Hel", new CommitInfo { FinishReason = "length" });
        SessionTurn whole = await RegenerateAsync(id, cut.Id, "Hello.");
        SessionTurn same = await RegenerateAsync(id, whole.Id, "Hello.");
        string fork = (await _sessions.Service.ForkAsync(Key(id))).Id;
        await _sessions.AskAsync(fork, "One?", "1");
        await _sessions.AskAsync(id, "Two?", "2");
        string gone = (await _sessions.Service.ForkAsync(Key(id))).Id;
        await _sessions.Turns.RollBackAsync(Key(gone), same.Id);

        Assert.Empty(await PairsAsync(id, fork, gone));
        Assert.Equal(
            [
                "a branch ends where they part",
                "an answer broke off or was cut",
                "both answers are the same",
                "the answer that was made anew is no part of the conversation any more",
                "the branches part at a question",
            ],
            _skipped.Distinct().Order(StringComparer.Ordinal)
        );
    }

    private void Tick() => _sessions.Clock.Now += TimeSpan.FromMinutes(1);

    private async Task<SessionTurn> RegenerateAsync(string id, string turn, string answer)
    {
        TurnStart start = await _sessions.Turns.RegenerateAsync(Key(id), turn);
        return (await _sessions.CommitAsync(id, start.Turn.Id, answer)).FindTurn(start.Turn.Id)!;
    }

    /// <summary>The pairs as <c>mtt pairs</c> reads them from exported logs.</summary>
    private async Task<AnswerPair[]> PairsAsync(params string[] ids)
    {
        using TempFolder folder = new();
        using (FileStream file = File.Create(folder["log.jsonl"]))
        {
            foreach (string id in ids)
            {
                LogFile.Write(file, id, await _sessions.Log.EventsAsync(Key(id)));
            }
        }

        Assert.True(LogFile.IsHeader(File.ReadLines(folder["log.jsonl"]).First()));
        return [.. SessionPairs.Read(folder["log.jsonl"], _skipped.Add)];
    }

    private static string Text(IReadOnlyList<object> messages) => ((JsonView)messages.Single()).GetString("content")!;
}
