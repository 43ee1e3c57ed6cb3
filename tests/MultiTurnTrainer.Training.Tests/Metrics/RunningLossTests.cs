using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Tests.Metrics;

public class RunningLossTests
{
    [Fact]
    public void Mean_TheFirstSteps_CountEqually()
    {
        RunningLoss loss = default;
        Assert.Equal(0, loss.Mean);

        loss = loss.Add(8);
        Assert.Equal(8, loss.Mean, 9);

        // 0.95 and 1 are the weights of the two.
        Assert.Equal(((0.95 * 8) + 2) / 1.95, loss.Add(2).Mean, 9);
    }
}
