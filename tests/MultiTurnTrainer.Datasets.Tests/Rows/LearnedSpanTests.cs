using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Tests.Rows;

public class LearnedSpanTests
{
    [Fact]
    public void FromLabels_RunsOfLabels_AreTheTurns() =>
        Assert.Equal(
            [new LearnedSpan(1, 3, "assistant", "content", 1), new LearnedSpan(4, 5, "assistant", "content", 2)],
            LearnedSpan.FromLabels([-100, 5, 6, -100, 7])
        );

    [Fact]
    public void FromLabels_NoLabel_IsEmpty() => Assert.Empty(LearnedSpan.FromLabels([-100, -100]));
}
