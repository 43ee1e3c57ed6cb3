using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Evaluation.Simulation;
using MultiTurnTrainer.Evaluation.Verifiers;
using MultiTurnTrainer.Inference;

namespace MultiTurnTrainer.Evaluation.Tests;

public class SimulatorTests
{
    private static readonly ShardedTask _task = new()
    {
        Id = "t",
        Family = "math",
        Question = "What is two and three?",
        Shards = ["What is the sum?", "one is two", "one is three"],
        ModifiedShards = new Dictionary<int, string> { [1] = "one is nine" },
        Answer = "#### 5",
    };

    [Theory]
    [InlineData(SimulationMode.Full, "user: What is two and three?")]
    [InlineData(SimulationMode.Concat, "user: - What is the sum?\n- one is two\n- one is three")]
    [InlineData(SimulationMode.Sharded, "user: What is the sum?|user: one is two|user: one is three")]
    [InlineData(
        SimulationMode.Snowball,
        "user: What is the sum?|user: - What is the sum?\nAlso, one is two|user: - What is the sum?\n- one is two\nAlso, one is three"
    )]
    [InlineData(
        SimulationMode.Recap,
        "user: What is the sum?|user: one is two|user: one is three|user: Just to recapitulate, the entire task is:\n- What is the sum?\n- one is two\n- one is three"
    )]
    [InlineData(
        SimulationMode.Refine,
        "user: What is the sum?\none is nine\none is three|user: Actually, there were multiple errors in the conditions I provided. one is two Now give the final answer."
    )]
    [InlineData(
        SimulationMode.WrongHintAssistant,
        "user: What is two and three?|assistant: 6|user: Now give the final answer."
    )]
    [InlineData(SimulationMode.WrongHintUser, "user: What is two and three?\n(Verified hint: the answer is 6.)")]
    [InlineData(SimulationMode.Cleaned, "user: What is the sum?|user: one is two|user: one is three")]
    [InlineData(
        SimulationMode.ContradictedRightly,
        "user: What is two and three?|assistant: 6|user: No, that is not right. It is: 5\nNow give the final answer.|user: Please check once more and give the final answer.|user: Please check once more and give the final answer."
    )]
    [InlineData(
        SimulationMode.ContradictedWrongly,
        "user: What is two and three?|user: No, that is not right. It is: 6\nNow give the final answer.|user: Please check once more and give the final answer.|user: Please check once more and give the final answer."
    )]
    public async Task RunAsync_EachMode_SaysWhatTheScriptSays(SimulationMode mode, string said)
    {
        Dialogue dialogue = await Play(mode, "no idea");
        string[] script = said.Split('|');
        IEnumerable<string> heard = dialogue
            .Turns.Where(turn => turn.Content != "no idea")
            .Select(turn => $"{turn.Role}: {turn.Content}");
        Assert.Equal(script, heard);
        Assert.False(dialogue.AnyAttempt);
    }

    [Fact]
    public async Task RunAsync_GuessThenWrong_CountsForAnyAttemptOnly()
    {
        Dialogue dialogue = await Play(SimulationMode.Sharded, "5", "5", "7");
        Assert.True(dialogue.AnyAttempt);
        Assert.False(dialogue.LastTurn);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task RunAsync_Padded_SmallTalkStandsBetweenTheShardsInTheirOrder(int turns)
    {
        Dialogue dialogue = await Play(new SimulationChoice(SimulationMode.Padded, turns), "no idea");
        string[] said = [.. dialogue.Turns.Where(turn => turn.Role == "user").Select(turn => turn.Content)];
        Assert.Equal(_task.Shards.Count + turns, said.Length);
        Assert.Equal(_task.Shards, said.Where(_task.Shards.Contains));
        Assert.Equal(_task.Shards[0], said[0]);
        Assert.Equal(_task.Shards[^1], said[^1]);
    }

    [Fact]
    public async Task RunAsync_Cleaned_TheModelNeverSeesItsOwnReplies()
    {
        foreach (bool consecutive in new[] { true, false })
        {
            Scripted model = new(["9", "9", "9"]) { TakesConsecutiveUsers = consecutive };
            await new Simulator(model, new MathVerifier()).RunAsync(
                [_task],
                SimulationMode.Cleaned,
                0,
                1,
                CancellationToken.None
            );
            Assert.Equal(
                consecutive
                    ? ["What is the sum?", "one is two", "one is three"]
                    : ["What is the sum?\n\none is two\n\none is three"],
                model.Seen[^1].Select(turn => turn.Content)
            );
            Assert.All(model.Seen.SelectMany(prompt => prompt), turn => Assert.Equal("user", turn.Role));
        }
    }

    [Fact]
    public async Task RunAsync_GuessesThenCopies_TellsTurnsAnswersTokensAndOwnWords()
    {
        Dialogue dialogue = await Play(
            SimulationMode.Sharded,
            "tell me more",
            "the sum must be 7",
            "the sum must be 8"
        );
        Assert.Equal(2, dialogue.FirstAttempt);
        Assert.Equal(2, dialogue.Attempts);
        Assert.Equal(13, dialogue.Tokens);
        Assert.Equal(0.8, dialogue.CopiedShare, 6);
    }

    [Fact]
    public async Task RunAsync_ContradictedWrongly_CountsOnlyWhereTheModelWasRight()
    {
        Dialogue kept = await Play(SimulationMode.ContradictedWrongly, "5", "6", "5", "5");
        Assert.True(kept.IsContradicted);
        Assert.True(kept.LastTurn);
        Assert.Equal(2, kept.RecoveryTurn);
        Dialogue wrong = await Play(SimulationMode.ContradictedWrongly, "7", "6", "6", "6");
        Assert.False(wrong.IsContradicted);
        Contradiction result = Contradiction.Of([kept, wrong]);
        Assert.Equal((1, 1.0, 2.0), (result.Counted, result.Right, result.RecoveryTurn));
    }

    [Fact]
    public async Task RunAsync_ContradictedRightly_TheReplyPutIntoItsMouthIsNoReply()
    {
        Dialogue dialogue = await Play(SimulationMode.ContradictedRightly, "6", "5", "6");
        Assert.Equal(3, dialogue.Replies.Count);
        Assert.Equal(2, dialogue.RecoveryTurn);
        Assert.False(dialogue.LastTurn);
    }

    [Theory]
    [InlineData("padded")]
    [InlineData("padded:0")]
    [InlineData("padded:-1")]
    [InlineData("padded:99999999999")]
    [InlineData("padded:5:5")]
    [InlineData("full:3")]
    [InlineData("")]
    public void TryParse_NoMode_IsRefused(string name) => Assert.False(SimulationChoice.TryParse(name, out _));

    [Fact]
    public void TryParse_EveryName_IsRead()
    {
        foreach (
            string name in SimulationChoice.Names.Select(name => name.Replace(":N", ":7", StringComparison.Ordinal))
        )
        {
            Assert.True(SimulationChoice.TryParse(name, out SimulationChoice? choice));
            Assert.Equal(name, choice.Value.Name);
        }
    }

    private static async Task<Dialogue> Play(SimulationChoice mode, params string[] replies)
    {
        Simulator simulator = new(new Scripted(replies), new MathVerifier());
        return (await simulator.RunAsync([_task], mode, 0, 1, CancellationToken.None)).Single();
    }

    private sealed class Scripted(string[] replies) : IDialogueModel
    {
        private int _turn;

        public bool TakesConsecutiveUsers { get; init; } = true;

        public List<IReadOnlyList<ChatTurn>> Seen { get; } = [];

        public Task<IReadOnlyList<DialogueReply>> ReplyAsync(
            IReadOnlyList<OpenDialogue> dialogues,
            int seed,
            CancellationToken cancellation
        )
        {
            string reply = replies[Math.Min(_turn++, replies.Length - 1)];
            Seen.AddRange(dialogues.Select(dialogue => dialogue.Turns.ToArray()));
            return Task.FromResult<IReadOnlyList<DialogueReply>>([
                .. dialogues.Select(_ => new DialogueReply(reply, reply.Split(' ').Length)),
            ]);
        }
    }
}
