using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Pages;
using MultiTurnTrainer.Runs.Tables;

namespace MultiTurnTrainer.Runs.Tests;

/// <summary>Runs as rows: what differs, and means over seeds.</summary>
public class RunTableTests
{
    [Fact]
    public void Of_SeedsOfOneConfiguration_AreOneRowWithMeanAndInterval()
    {
        ReportTable table = RunTable.Of([
            Run("a,seed=1", 1, 0.5, ("lora.r", "8")),
            Run("a,seed=2", 2, 0.7, ("lora.r", "8")),
            Run("a,seed=3", 3, 0.9, ("lora.r", "8")),
            Run("b,seed=1", 1, 0.6, ("lora.r", "16")),
        ]);
        Assert.Equal(["run", "lora.r", "seeds", "eval_loss"], table.Columns);
        Assert.Equal(["a", "8", "1, 2, 3", "0.7 ± 0.4968"], table.Rows[0].Select(cell => cell.Text));
        Assert.Equal(["b,seed=1", "16", "1", "0.6"], table.Rows[1].Select(cell => cell.Text));
    }

    /// <summary>The same seed twice is no further evidence.</summary>
    [Fact]
    public void Of_OneSeedTwice_IsTwoRows() =>
        Assert.Equal(
            ["1", "1"],
            RunTable
                .Of([Run("a", 1, 0.5, ("lora.r", "8")), Run("b", 1, 0.7, ("lora.r", "8"))])
                .Rows.Select(row => row[1].Text)
        );

    [Fact]
    public void Of_SettingsThatAreTheSame_AreNoColumn() =>
        Assert.Equal(
            ["run", "train.seed2", "seeds", "eval_loss"],
            RunTable
                .Of([
                    Run("a", 1, 0.5, ("lora.r", "8"), ("train.seed2", "1")),
                    Run("b", 1, 0.7, ("lora.r", "8"), ("train.seed2", "2")),
                ])
                .Columns
        );

    [Fact]
    public void Of_AnEvaluation_IsLaidBesideTheRunOfItsName()
    {
        RunFacts evaluation = new("a") { Measures = [new Measure("math:sharded", 40)], Policy = "abc" };
        ReportTable table = RunTable.Of([Run("a", 1, 0.5), Run("b", 2, 0.7), evaluation]);
        Assert.Equal(["run", "seeds", "math:sharded", "eval_loss", "policy"], table.Columns);
        Assert.Equal(["a", "1", "40", "0.5", "abc"], table.Rows[0].Select(cell => cell.Text));
    }

    [Theory]
    [InlineData("task_score", true)]
    [InlineData("eval_accuracy", true)]
    [InlineData("math:sharded", true)]
    [InlineData("tokens_per_second", true)]
    [InlineData("scored_loss", false)]
    [InlineData("eval_loss_turn_3", false)]
    [InlineData("seconds", false)]
    public void IsMoreBetter_AMeasure_IsWhatSortsTheBestFirst(string measure, bool expected) =>
        Assert.Equal(expected, RunFacts.IsMoreBetter(measure));

    [Fact]
    public void Read_ALineThatWasBegun_IsLeftOutAndABrokenOneIsRefused()
    {
        using TempFolder folder = new();
        folder.Write("one/metrics.jsonl", "{\"step\": 1, \"tokens\": 5}\n{\"step\": 2, \"tok");
        Assert.Equal(1.0, Assert.Single(RunReader.Read(folder["one"])).Get("steps"));
        folder.Write("one/metrics.jsonl", "{\"step\": 1, \"tok\n{\"step\": 2, \"tokens\": 5}\n");
        MttException problem = Assert.Throws<MttException>(() => RunReader.Read(folder["one"]));
        Assert.Contains("metrics.jsonl:1: ", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_SomeSeedsWithoutANumber_SaysOfHowMany()
    {
        RunFacts diverged = Run("a-seed-2", 2, 0.5, ("lora.r", "8")) with { Measures = [], State = "diverged" };
        ReportTable table = RunTable.Of([Run("a-seed-1", 1, 0.5, ("lora.r", "8")), diverged]);
        Assert.Equal("0.5 (n=1)", table.Rows[0][^1].Text);
        Assert.Contains(
            "1 diverged",
            table.Rows[0].Select(cell => cell.Text).Single(text => text.Contains("diverged"))
        );
    }

    // Student's t for 2, 30 and 60 degrees of freedom: 4.3027, 2.0423, 2.0003.
    [Theory]
    [InlineData(3, 4.3027)]
    [InlineData(31, 2.0423)]
    [InlineData(61, 2.0003)]
    public void Of_ManySeeds_HasStudentsInterval(int seeds, double t)
    {
        double[] values = [.. Enumerable.Range(0, seeds).Select(i => (double)(i % 2))];
        double mean = values.Average();
        double deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (seeds - 1));
        Assert.Equal(t * deviation / Math.Sqrt(seeds), SeedMean.Of(values).HalfWidth!.Value, 3);
    }

    private static RunFacts Run(string name, int seed, double loss, params (string Key, string Value)[] settings) =>
        new(name)
        {
            Folder = name,
            Seed = seed,
            Settings = settings.ToDictionary(one => one.Key, one => one.Value),
            Measures = [new Measure(RunFacts.EvalLoss, loss)],
        };
}
