namespace MultiTurnTrainer.Files.Tests;

public class CountedTests
{
    [Theory]
    [InlineData(0, "0 rows")]
    [InlineData(1, "1 row")]
    [InlineData(2, "2 rows")]
    [InlineData(12_345, "12,345 rows")]
    public void Of_ACount_IsSingularForOneOnly(long count, string expected) =>
        Assert.Equal(expected, Counted.Of(count, "row"));

    [Theory]
    [InlineData(1, "1 entry is")]
    [InlineData(21, "21 entries are")]
    public void Of_BothFormsGiven_TakesTheOneThatFits(long count, string expected) =>
        Assert.Equal(expected, Counted.Of(count, "entry is", "entries are"));
}
