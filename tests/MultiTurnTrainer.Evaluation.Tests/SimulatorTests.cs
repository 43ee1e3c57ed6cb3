using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Evaluation.Simulation;
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

    private static async Task<Dialogue> Play(SimulationMode mode, params string[] replies)
    {
        Simulator simulator = new(new Scripted(replies), new MathVerifier());
        return (await simulator.RunAsync([_task], mode, 0, 1, CancellationToken.None)).Single();
    }

    private sealed class Scripted(string[] replies) : IDialogueModel
    {
        private int _turn;

        public Task<IReadOnlyList<string>> ReplyAsync(
            IReadOnlyList<IReadOnlyList<ChatTurn>> dialogues,
            int seed,
            CancellationToken cancellation
        )
        {
            string reply = replies[Math.Min(_turn++, replies.Length - 1)];
            return Task.FromResult<IReadOnlyList<string>>([.. dialogues.Select(_ => reply)]);
        }
    }
}
