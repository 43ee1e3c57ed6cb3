using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Evaluation.Verifiers;

namespace MultiTurnTrainer.Evaluation.Tests;

public class ScoringTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 10, 10)]
    [InlineData(2, 100, 100)]
    [InlineData(5, 100, 100)]
    [InlineData(8, 100, 100)]
    [InlineData(9, 100, 10)]
    [InlineData(10, 100, 0)]
    public void Of_TenRunsWithSuccesses_GivesAptitudeAndUnreliability(
        int successes,
        double aptitude,
        double unreliability
    )
    {
        double[] scores = [.. Enumerable.Range(0, 10).Select(i => i < successes ? 100.0 : 0.0)];
        RunStatistics statistics = RunStatistics.Of([scores]);
        Assert.Equal(successes * 10.0, statistics.Mean, 9);
        Assert.Equal(aptitude, statistics.Aptitude, 9);
        Assert.Equal(unreliability, statistics.Unreliability, 9);
    }

    [Theory]
    [InlineData("she scored 3,360 points", 3360)]
    [InlineData("It costs $100.00.", 100)]
    [InlineData("first 3, then -4", -4)]
    [InlineData("a range of 3-4", -4)]
    [InlineData("-$5", -5)]
    [InlineData("0.50", 0.5)]
    [InlineData("0.5", 0.5)]
    public void LastNumber_InAText_IsFound(string text, double expected) =>
        Assert.Equal((decimal)expected, MathVerifier.LastNumber(text));

    [Fact]
    public void LastNumber_WithoutANumber_IsNull() => Assert.Null(MathVerifier.LastNumber("none."));

    [Theory]
    [InlineData("The total is 3360.", true)]
    [InlineData("3360 points, or 3361", false)]
    [InlineData("", false)]
    public void IsCorrect_Math_ComparesWithTheGoldNumber(string reply, bool correct) =>
        Assert.Equal(correct, new MathVerifier().Judge(Task("40*4 = 160\n#### 3,360"), reply).IsCorrect);

    [Theory]
    [InlineData("Sure.\nBOOK  Ben 4", true)]
    [InlineData("BOOK Ben 4\nAnything else?", false)]
    public void IsCorrect_Exact_ComparesTheLastLine(string reply, bool correct) =>
        Assert.Equal(correct, new ExactVerifier().Judge(Task("BOOK Ben 4"), reply).IsCorrect);

    private static ShardedTask Task(string answer) =>
        new()
        {
            Id = "t",
            Family = "math",
            Question = "q",
            Shards = ["q"],
            Answer = answer,
        };
}
