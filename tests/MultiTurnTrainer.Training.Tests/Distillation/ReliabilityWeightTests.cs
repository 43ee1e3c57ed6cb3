using MultiTurnTrainer.Training.Distillation;

namespace MultiTurnTrainer.Training.Tests.Distillation;

public class ReliabilityWeightTests
{
    [Theory]
    [InlineData(new[] { 0.2 }, 0.5)]
    [InlineData(new[] { 0.2, 0.4 }, 0.428571)]
    [InlineData(new[] { 0.2, 0.4, 0.1 }, 0.666667)]
    [InlineData(new[] { -1.0, -2.0 }, 0.5)]
    public void Of_HandChecks_Agree(double[] deltas, double weight) =>
        Assert.Equal(weight, ReliabilityWeight.Compute(deltas, 1e-6), 5);
}
