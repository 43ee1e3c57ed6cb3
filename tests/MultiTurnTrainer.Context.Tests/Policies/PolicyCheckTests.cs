using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Tests.Policies;

public class PolicyCheckTests
{
    [Fact]
    public void Find_InEveryPreset_FindsNothing() =>
        Assert.All(PolicyPresets.Names, name => Assert.Empty(PolicyCheck.Find(PolicyPresets.Find(name)!)));

    [Fact]
    public void Find_InContradictions_NamesTheirKeys()
    {
        ContextPolicy policy = new()
        {
            Window = 1000,
            History = new() { Turns = 4, Bite = 6 },
            Tools = new() { ExtractAbove = 100, ExtractTo = 100 },
            Persona = new() { Every = 3 },
            Steps =
            [
                new()
                {
                    When = new() { Fraction = 0.8 },
                    Do = [StepAction.SummarizeTurns],
                    To = 0.8,
                },
                new()
                {
                    When = new() { Fraction = 0.6 },
                    Do = [],
                },
                new() { When = new(), Do = [StepAction.Notify] },
                new()
                {
                    When = new() { Any = [new() { Tokens = 1 }, new()] },
                    Do = [StepAction.Notify],
                },
                new()
                {
                    When = new() { Tokens = 1000 },
                    Do = [StepAction.Notify],
                },
            ],
        };

        Assert.Equal(
            [
                "history.bite",
                "tools.extract_to",
                "persona.every",
                "steps[0].to",
                "steps[1].do",
                "steps[1].when.fraction",
                "steps[2].when",
                "steps[3].when.any[1]",
                "steps[4].when.tokens",
            ],
            PolicyCheck.Find(policy).Select(problem => problem.Path)
        );
    }

    [Fact]
    public void Of_EqualPolicies_IsEqual_AndOfAnyChangeAnother()
    {
        string own = PolicyFingerprint.Of(new ContextPolicy());

        Assert.Equal(own, PolicyFingerprint.Of(new ContextPolicy { Steps = [.. PolicyStep.Default] }));
        Assert.NotEqual(own, PolicyFingerprint.Of(new ContextPolicy { Reserve = 0.25 }));
        Assert.NotEqual(own, PolicyFingerprint.Of(new ContextPolicy { History = new() { Turns = 11 } }));
        Assert.Equal(
            PolicyFingerprint.Of(
                new()
                {
                    State = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" },
                }
            ),
            PolicyFingerprint.Of(
                new()
                {
                    State = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
                }
            )
        );
        Assert.Matches("^[0-9a-f]{64}$", own);
    }

    [Theory]
    [InlineData(0.59, 10, 3, 5, false)]
    [InlineData(0.6, 10, 3, 5, true)]
    [InlineData(0.9, 10, 2, 5, false)]
    public void Holds_AllThatIsNamed(double fraction, int tokens, int turns, int messages, bool expected)
    {
        Trigger trigger = new()
        {
            Fraction = 0.6,
            Any = [new() { Turns = 3 }, new() { Messages = 99 }],
            All = [new() { Tokens = 10 }],
        };

        Assert.Equal(expected, trigger.Holds(new PromptSize(fraction, tokens, turns, messages)));
    }
}
