using MultiTurnTrainer.Models.Quantisation;

namespace MultiTurnTrainer.Models.Tests.Quantisation;

public class CascadeMeanTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(33)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(16 * 32 * 16)]
    [InlineData(300_001)]
    public void Of_AnyCount_LeavesNoNumberOut(int count)
    {
        Random random = new(count);
        float[] numbers = [.. Enumerable.Range(0, count).Select(_ => 1 + random.NextSingle())];
        double exact = numbers.Sum(number => (double)number) / count;
        // Levels keep rounding far below what a sum left out would change.
        Assert.Equal(exact, CascadeMean.Of(numbers), 5e-7);
    }
}
