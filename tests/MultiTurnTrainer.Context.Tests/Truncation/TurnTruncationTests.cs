using MultiTurnTrainer.Context.Truncation;
using MultiTurnTrainer.Conversations;

namespace MultiTurnTrainer.Context.Tests.Truncation;

public class TurnTruncationTests
{
    private static readonly Role[] _roles =
    [
        Role.System,
        Role.User,
        Role.Assistant,
        Role.Tool,
        Role.Assistant,
        Role.User,
        Role.User,
        Role.Assistant,
        Role.User,
        Role.Assistant,
    ];

    private static readonly int[] _tokens = [10, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Fact]
    public void Turns_WithToolsAndTwoQuestionsInARow_KeepThemTogether()
    {
        IReadOnlyList<Turn> turns = Turn.Of(_roles);

        Assert.Equal(
            [
                [1, 2, 3, 4],
                [5, 6, 7],
                [8, 9],
            ],
            turns.Select(turn => turn.Messages)
        );
    }

    [Theory]
    [InlineData(55, 0)]
    [InlineData(54, 1)]
    [InlineData(45, 1)]
    [InlineData(44, 2)]
    [InlineData(27, 2)]
    [InlineData(26, null)]
    public void TurnsToDrop_ForALimit_IsTheFewest(int limit, int? expected) =>
        Assert.Equal(expected, TurnTruncation.TurnsToDrop(Turn.Of(_roles), _tokens, 55, limit));

    [Fact]
    public void Kept_AfterDropping_HasSystemAndNewestTurns() =>
        Assert.Equal([0, 8, 9], TurnTruncation.Kept(10, Turn.Of(_roles), 2));

    [Fact]
    public void TurnsToDrop_WithoutTurns_IsNoneOrNull()
    {
        Assert.Equal(0, TurnTruncation.TurnsToDrop([], [], 5, 5));
        Assert.Null(TurnTruncation.TurnsToDrop([], [], 6, 5));
    }
}
