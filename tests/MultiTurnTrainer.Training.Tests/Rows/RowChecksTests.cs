using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Training.Rows;

namespace MultiTurnTrainer.Training.Tests.Rows;

public class RowChecksTests
{
    public static TheoryData<string, int[], int[], float[]?> Bad =>
        new()
        {
            { "token 10 at position 1", [1, 10], [-100, -100], null },
            { "label 12 at position 1", [1, 2], [-100, 12], null },
            { "none of 1 row has a supervised token", [1, 2], [1, -100], null },
            { "2 input_ids and 1 label", [1, 2], [1], null },
            { "longer than max_length = 4", [1, 2, 3, 4, 5], [1, 2, 3, 4, 5], null },
            { "negative or not finite", [1, 2], [1, 2], [1, float.NaN] },
        };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Require_RowsThatCannotBeTrained_NamesWhy(string expected, int[] ids, int[] labels, float[]? weights)
    {
        MttException problem = Assert.Throws<MttException>(() =>
            RowChecks.Require([new TokenRow("r7", ids, labels, weights)], "rows.jsonl", vocabulary: 10, maxLength: 4)
        );

        Assert.Contains(expected, problem.Message);
        Assert.NotNull(problem.Remedy);
    }
}
