using MultiTurnTrainer.Context.Reports;

namespace MultiTurnTrainer.Context.Tests.Reports;

public class RivalRulesTests
{
    // Three turns of 100 tokens behind 20 tokens of system prompt, each answer in the second half of its turn.
    private static readonly AnswerPlace[] _plain =
    [
        new(70, 120, 0, 0, true),
        new(170, 220, 1, 0, true),
        new(270, 320, 2, 1, true),
    ];

    [Theory]
    [InlineData(320, 0, 0, 0, 0)]
    [InlineData(250, 1, 3, 1, 1)]
    [InlineData(120, 2, 3, 2, 2)]
    [InlineData(50, 3, 3, 3, 3)]
    public void Add_AtALimit_LosesWhatEachRuleLoses(int limit, int start, int drop, int cut, int window)
    {
        RivalRules rules = new();

        rules.Add(_plain, [20, 120, 220], 320, limit);

        Assert.Equal([start, drop, cut, window], rules.Losses.Select(loss => loss.Lost));
    }

    [Fact]
    public void Add_WhereThePolicyServesAnotherContext_CountsItAsForeign()
    {
        RivalRules rules = new();

        rules.Add(_plain, [20, 120, 220], 320, 320);

        // The last answer is served without the first turn.
        Assert.Equal([1, 1, 1, 1], rules.Losses.Select(loss => loss.Foreign));
    }
}
