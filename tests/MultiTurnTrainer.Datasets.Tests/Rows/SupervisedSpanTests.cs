using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Tests.Rows;

public class SupervisedSpanTests
{
    [Fact]
    public void FromLabels_RunsOfLabels_AreTheTurns() =>
        Assert.Equal(
            [new SupervisedSpan(1, 3, "assistant", "content", 1), new SupervisedSpan(4, 5, "assistant", "content", 2)],
            SupervisedSpan.FromLabels([-100, 5, 6, -100, 7])
        );

    [Fact]
    public void FromLabels_NoLabel_IsEmpty() => Assert.Empty(SupervisedSpan.FromLabels([-100, -100]));
}
