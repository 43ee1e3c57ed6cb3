using MultiTurnTrainer.Context.Cleaning;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Datasets.Rollouts;

namespace MultiTurnTrainer.Datasets.Tests.Rollouts;

public class RolloutTaskTests
{
    private static readonly ShardedTask _task = new()
    {
        Id = "t",
        Family = "exact",
        Question = "all of it",
        Shards = ["one", "two", "three"],
        System = "be brief",
    };

    [Fact]
    public void StudentContext_SecondTurn_HoldsTheOwnReply()
    {
        Recorder recorder = new();
        new RolloutTask(_task, recorder, ConsecutiveUsers.Keep).StudentContext(["mine"]);
        Assert.Equal("system: be brief|user: one|assistant: mine|user: two", recorder.Last);
    }

    [Theory]
    [InlineData(ConsecutiveUsers.Keep, 2, "system: be brief|user: one|user: two")]
    [InlineData(ConsecutiveUsers.Merge, 2, "system: be brief|user: one\n\ntwo")]
    [InlineData(ConsecutiveUsers.Keep, 3, "system: be brief|user: one|user: two|user: three|user: all of it")]
    public void ReferenceContext_ATurn_HoldsNoReplyAndNoLaterTurn(ConsecutiveUsers users, int turn, string expected)
    {
        Recorder recorder = new();
        new RolloutTask(_task, recorder, users).ReferenceContext(turn);
        Assert.Equal(expected, recorder.Last);
    }

    [Fact]
    public void FullContext_IsTheQuestionAlone()
    {
        Recorder recorder = new();
        new RolloutTask(_task, recorder, ConsecutiveUsers.Keep).FullContext();
        Assert.Equal("system: be brief|user: all of it", recorder.Last);
    }

    private sealed class Recorder : IChatEncoder
    {
        public string Last { get; private set; } = "";

        public int[] Prompt(IReadOnlyList<ChatTurn> messages)
        {
            Last = string.Join('|', messages.Select(turn => $"{turn.Role}: {turn.Content}"));
            return [1];
        }

        public string Reply(IReadOnlyList<int> ids) => "";
    }
}
