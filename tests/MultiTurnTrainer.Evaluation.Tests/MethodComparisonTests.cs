using System.Text;
using MultiTurnTrainer.Evaluation.Comparison;
using MultiTurnTrainer.Evaluation.Reporting;
using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Evaluation.Tests;

public class MethodComparisonTests
{
    [Fact]
    public void Of_AMethodThatIsBetterOnEveryTask_IsClaimedWithItsPairedInterval()
    {
        MethodComparison comparison = MethodComparison.Of([
            File("base", 1, "sharded", 0.2),
            File("base", 2, "sharded", 0.4),
            File("tuned", 1, "sharded", 0.6),
            File("tuned", 2, "sharded", 0.8),
        ]);
        ComparedCell cell = comparison.Cells.Single(cell => cell.Method == "tuned");
        Assert.Equal(70, cell.Mean, 6);
        Assert.Equal(40, cell.Difference!.Value, 6);
        Assert.True(cell.Claimed);
        Assert.Equal(new Dictionary<string, double> { ["1"] = 60, ["2"] = 80 }, cell.BySeed);
        Assert.False(comparison.Cells.Single(cell => cell.Method == "base").Claimed);
    }

    [Fact]
    public void Of_SeedsThatDisagree_ClaimNothing()
    {
        MethodComparison comparison = MethodComparison.Of([
            File("base", 1, "sharded", 0.5),
            File("base", 2, "sharded", 0.5),
            File("tuned", 1, "sharded", 0.9),
            File("tuned", 2, "sharded", 0.2),
        ]);
        ComparedCell cell = comparison.Cells.Single(cell => cell.Method == "tuned");
        Assert.Equal(5, cell.Difference!.Value, 6);
        Assert.False(cell.Claimed);
        Assert.InRange(cell.DifferenceInterval!.Value.Low, -40, 0);
    }

    [Fact]
    public void Of_FullAndSharded_GivesTheShareThatIsKept()
    {
        KeptShare kept = MethodComparison
            .Of([File("base", 1, "full", 0.8), File("base", 1, "sharded", 0.4)])
            .Kept.Single();
        Assert.Equal(0.5, kept.Ratio, 6);
        Assert.InRange(0.5, kept.Interval.Low, kept.Interval.High);
    }

    [Fact]
    public void Of_OtherTasksInOneSeed_IsRefused()
    {
        EvaluationFile other = File("tuned", 1, "sharded", 0.5);
        other = other with { Dialogues = [.. other.Dialogues.Skip(10)] };
        MttException problem = Assert.Throws<MttException>(() =>
            MethodComparison.Of([File("base", 1, "sharded", 0.5), other])
        );
        Assert.Contains("other tasks", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_OneModeTwice_IsRefused() =>
        Assert.Throws<MttException>(() =>
            MethodComparison.Of([File("base", 1, "sharded", 0.5), File("base", 1, "sharded", 0.6)])
        );

    [Fact]
    public void Of_AModeInWhichNothingCounts_HasNothing()
    {
        MethodComparison comparison = MethodComparison.Of([File("base", 1, "contradicted-wrongly", 0)]);
        Assert.Equal(0, comparison.Cells.Single().Mean);
    }

    [Fact]
    public void Reports_NamesFromFiles_AreEscaped()
    {
        EvaluationFile[] files = [File("<script>a|b\u001b[31m", 1, "full", 0.5), File("tuned", 1, "full", 0.6)];
        MethodComparison comparison = MethodComparison.Of(files);
        Assert.DoesNotContain("<script>", EvaluationReport.Of(files).ToHtml(), StringComparison.Ordinal);
        string markdown = ComparisonReport.ToMarkdown(comparison);
        Assert.DoesNotContain('\u001b', markdown);
        Assert.Contains("a\\|b", markdown, StringComparison.Ordinal);
        Assert.Contains(
            "\"claimed\"",
            Encoding.UTF8.GetString(ComparisonReport.ToJson(comparison)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Families_OfTwoFamilies_HasALineForEachWithItsTasks()
    {
        (string, MethodComparison)[] families =
        [
            ("math", MethodComparison.Of([File("base", 1, "full", 0.5), File("base", 1, "sharded", 0.2)])),
            ("actions", MethodComparison.Of([File("base", 1, "full", 1)])),
        ];

        string[] lines = ComparisonReport.Families(families).ToMarkdown().TrimEnd().Split('\n');

        Assert.Equal("| family | method | tasks | full | sharded | sharded / full |", lines[0]);
        Assert.StartsWith("| math | base | 10 | 50.0 [", lines[2], StringComparison.Ordinal);
        Assert.Contains("| 0.40 [", lines[2], StringComparison.Ordinal);
        Assert.Equal("| actions | base | 10 | 100.0 [100.0, 100.0] |  |  |", lines[3]);
    }

    [Fact]
    public void OfTasks_EqualValues_IsAPoint() => Assert.Equal(new Interval(3, 3), Bootstrap.OfTasks([3, 3, 3]));

    [Theory]
    [InlineData("BOOK Ida 4", "BOOK Ida 3|nothing", 0.0)]
    [InlineData("BOOK Ida 4 noon", "BOOK Ida 4 ten", 0.75)]
    [InlineData("BOOK Ida 4 noon", "we said BOOK Ida 4 noon", 1.0)]
    [InlineData("yes", "yes", 1.0)]
    [InlineData("", "yes", 0.0)]
    public void CopiedShare_RunsOfOwnWords_AreCounted(string reply, string wrong, double share) =>
        Assert.Equal(share, OwnWords.CopiedShare(reply, wrong.Split('|'), ["It is for Ida."]), 6);

    [Fact]
    public void CopiedShare_WordsOfTheUser_AreNotItsOwn() =>
        Assert.Equal(0, OwnWords.CopiedShare("a b c d", ["a b c d"], ["a b c d"]));

    // Ten tasks of ten runs; each task is solved in the same share of its runs.
    private static EvaluationFile File(string name, int seed, string mode, double share) =>
        new(
            name,
            seed,
            [
                .. Enumerable
                    .Range(0, 100)
                    .Select(i => new PlayedDialogue(
                        $"task/{i / 10}",
                        mode,
                        i % 10,
                        i % 10 < share * 10,
                        i % 10 < share * 10,
                        1,
                        5,
                        0,
                        false,
                        []
                    )),
            ]
        );
}
