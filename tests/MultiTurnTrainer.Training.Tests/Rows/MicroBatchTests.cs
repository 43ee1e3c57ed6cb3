using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Training.Rows;

namespace MultiTurnTrainer.Training.Tests.Rows;

public class MicroBatchTests
{
    private static readonly TokenRow[] _rows =
    [
        new("two turns", [1, 2, 3, 4, 5, 6, 7], [-100, 2, 3, -100, 5, -100, -100], [0, 1, 1, 0, 0.5f, 0, 0]),
        new("no label", [1, 2, 3], [-100, -100, -100]),
        new("one token", [9], [9]),
        new("label on the first token", [4, 5, 6], [4, 5, 6]),
    ];

    [Fact]
    public void Of_RaggedRows_CountsAfterTheShiftAndStopsAtTheLastLabel()
    {
        MicroBatch batch = MicroBatch.Pack(_rows, [0, 1, 2, 3]);

        Assert.Equal([1, 2, 3, 4, 4, 5], batch.InputIds);
        Assert.Equal([0, 4, 6], batch.CuSeqlens);
        Assert.Equal([4, 2], batch.Layout.Lengths);
        Assert.Equal([7, 3], batch.Layout.WholeLengths);
        Assert.Equal([0L, 1, 3, 4, 5], batch.Positions);
        Assert.Equal([2L, 3, 5, 5, 6], batch.Targets);
        Assert.Equal([1f, 1, 0.5f, 1, 1], batch.Weights!);
        Assert.Equal([1, 1, 2, 1, 1], batch.FindSpans(_rows).Select(span => span!.Turn));
        Assert.Equal(14, batch.Tokens);
        Assert.Equal(4.5, batch.WeightSum);
    }

    [Fact]
    public void Spans_OfARowThatHasThem_AreItsOwn()
    {
        TokenRow[] rows =
        [
            new(
                "late",
                [1, 2, 3, 4, 5],
                [-100, 2, 3, 4, 5],
                Spans: [new(0, 3, "assistant", "reasoning", 7), new(4, 5, "user", "content", 8)]
            ),
        ];

        SupervisedSpan?[] spans = MicroBatch.Pack(rows, [0]).FindSpans(rows);

        Assert.Equal(["reasoning", "reasoning", null, "content"], spans.Select(span => span?.Field));
        Assert.Equal([7, 7, null, 8], spans.Select(span => span?.Turn));
    }

    [Fact]
    public void Of_RowsWithoutLabels_IsEmpty()
    {
        MicroBatch batch = MicroBatch.Pack(_rows, [1, 2]);

        Assert.Empty(batch.InputIds);
        Assert.Empty(batch.Targets);
        Assert.Equal(4, batch.Tokens);
    }
}
