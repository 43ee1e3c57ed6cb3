using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Runs.Sweeps;

namespace MultiTurnTrainer.Runs.Tests;

/// <summary>Which runs a sweep has.</summary>
public class SweepPlanTests
{
    [Fact]
    public void Of_AGrid_HasEveryCombinationWithEverySeed()
    {
        SweepPlan plan = Plan(
            new SweepSettings { Seeds = [1, 2] },
            ("train.learning_rate", "[1e-4, 3e-4]"),
            ("lora.r", "[8, 16]")
        );
        IReadOnlyList<Trial> trials = plan.Trials(0, [0, 1, 2, 3]);
        Assert.Equal(8, trials.Count);
        Assert.Equal("learning_rate=1e-4,r=8,seed=1", trials[0].Name);
        Assert.Equal(8, trials.Select(trial => trial.Name).Distinct().Count());
        Assert.Equal(["1e-4", "16", "2"], trials[3].Settings.Values);
    }

    [Fact]
    public void Of_RandomRanges_StaysInThemAndIsTheSameForOneSeed()
    {
        (string, string)[] parameters =
        [
            ("train.learning_rate", """{"low": 1e-5, "high": 1e-3, "log": true}"""),
            ("lora.r", """{"low": 4, "high": 64, "whole": true}"""),
            ("lora.use_dora", "[true, false]"),
        ];
        SweepSettings settings = new()
        {
            Method = SweepMethod.Random,
            Trials = 200,
            Seed = 3,
        };
        SweepPlan plan = Plan(settings, parameters);
        Assert.Equal(200, plan.Configurations.Count);
        Assert.All(
            plan.Configurations,
            one =>
            {
                Assert.InRange(double.Parse(one.Values["train.learning_rate"]), 1e-5, 1e-3);
                Assert.InRange(int.Parse(one.Values["lora.r"]), 4, 64);
            }
        );
        // By its logarithm: as many below the geometric mean as above.
        int below = plan.Configurations.Count(one => double.Parse(one.Values["train.learning_rate"]) < 1e-4);
        Assert.InRange(below, 70, 130);
        Assert.Equal(Names(plan), Names(Plan(settings, parameters)));
        Assert.NotEqual(Names(plan), Names(Plan(settings with { Seed = 4 }, parameters)));
    }

    [Fact]
    public void Of_RandomChoices_AreEachDrawnOnce() =>
        Assert.Equal(
            3,
            Plan(
                new SweepSettings { Method = SweepMethod.Random, Trials = 50 },
                ("lora.r", "[1, 2, 3]")
            ).Configurations.Count
        );

    [Fact]
    public void Of_Halving_HasRungsOfMoreStepsAndFewerConfigurations()
    {
        SweepSettings settings = new()
        {
            Method = SweepMethod.Halving,
            MinSteps = 10,
            MaxSteps = 80,
            Factor = 3,
        };
        SweepPlan plan = Plan(settings, ("lora.r", "[1, 2, 3, 4, 5, 6, 7]"));
        Assert.Equal([10, 30, 80], plan.Steps);
        Assert.Equal((3, 1), (plan.Survivors(7), plan.Survivors(3)));
        Assert.Equal("r=2,max_steps=30", plan.Trials(1, [1])[0].Name);
    }

    [Theory]
    [InlineData(SweepMethod.Grid, """{"low": 1, "high": 2}""", "a grid takes lists")]
    [InlineData(SweepMethod.Grid, "[]", "the list of values is empty")]
    [InlineData(SweepMethod.Random, """{"low": 2, "high": 1}""", "high lies below low")]
    [InlineData(SweepMethod.Random, """{"low": 0, "high": 1, "log": true}""", "a logarithm needs a low above 0")]
    [InlineData(SweepMethod.Random, """{"low": 1.2, "high": 1.8, "whole": true}""", "no whole number lies between")]
    [InlineData(SweepMethod.Random, """{"low": 0, "hihg": 1}""", "a range has no 'hihg'")]
    [InlineData(SweepMethod.Random, """{"low": 0}""", "high is missing or no number")]
    [InlineData(SweepMethod.Halving, "[1]", "halving needs min_steps and max_steps")]
    public void Of_WhatCannotBeMeant_IsRefused(SweepMethod method, string values, string expected)
    {
        SweepSettings settings = new() { Method = method, Trials = 2 };
        MttException problem = Assert.Throws<MttException>(() => Plan(settings, ("lora.r", values)));
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SweepMethod.Grid, "train.seed")]
    [InlineData(SweepMethod.Halving, "train.max_steps")]
    public void Of_WhatTheSweepSetsItself_IsRefused(SweepMethod method, string name)
    {
        SweepSettings settings = new()
        {
            Method = method,
            Seeds = [1, 2],
            MinSteps = 1,
            MaxSteps = 9,
        };
        MttException problem = Assert.Throws<MttException>(() => Plan(settings, (name, "[1, 2]")));
        Assert.Contains($"{name}, which the sweep sets itself", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Trials_ValuesThatNoFileNameTakes_HaveNamesOfTheirOwn()
    {
        SweepPlan plan = Plan(new SweepSettings(), ("lora.target_modules", """["a/b", "a:b", ["a", "b"]]"""));
        string[] names = [.. plan.Trials(0, [0, 1, 2]).Select(trial => trial.Name)];
        Assert.Equal(3, names.Distinct().Count());
        Assert.All(names, name => Assert.DoesNotMatch("[/:\\[\\]\"]", name));
    }

    private static IEnumerable<string> Names(SweepPlan plan) =>
        plan.Trials(0, Enumerable.Range(0, plan.Configurations.Count)).Select(trial => trial.Name);

    private static SweepPlan Plan(SweepSettings settings, params (string Key, string Values)[] parameters) =>
        SweepPlan.Of(
            settings with
            {
                Parameters = parameters.ToDictionary(one => one.Key, one => JsonView.Parse(one.Values)),
            }
        );
}
