using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Tests.Rows;

public class OrderedPipelineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_UnevenWork_KeepsTheOrder(int threads)
    {
        IEnumerable<int> results = OrderedPipeline.Run(
            Enumerable.Range(0, 500),
            threads,
            () => new object(),
            (_, item) =>
            {
                Thread.SpinWait(item % 7 * 1000);
                return item * 2;
            }
        );
        Assert.Equal(Enumerable.Range(0, 500).Select(item => item * 2), results);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Run_SeveralFailures_ThrowsTheFirst(int threads)
    {
        IEnumerable<int> results = OrderedPipeline.Run(
            Enumerable.Range(0, 100),
            threads,
            () => 0,
            (_, item) => item >= 10 ? throw new InvalidOperationException($"item {item}") : item
        );
        Assert.Equal("item 10", Assert.Throws<InvalidOperationException>(() => results.ToList()).Message);
    }
}
