using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Training.Loop;

namespace MultiTurnTrainer.Training.Tests.Loop;

public class SpikeGuardTests
{
    [Fact]
    public void Check_LossFarAboveTheLast_Stops()
    {
        SpikeGuard guard = new(threshold: 12);
        for (int i = 0; i < 30; i++)
        {
            Assert.Null(guard.Check(2 + (0.01 * (i % 5)), 1));
        }

        Assert.Null(guard.Check(2.3, 1));
        Assert.Contains("the loss is 9", guard.Check(9, 1));
    }

    [Theory]
    [InlineData(10, 0.035, 15, 0.05, 88, 1.87)]
    [InlineData(10, 2, 8, 0.03, 20, 8)]
    [InlineData(2, 1.5, 30, 0.05, 17, 6)]
    [InlineData(3, 1, 30, 0.1, 20, 9)]
    [InlineData(12, 0.5, 60, 0.1, 127, 12)]
    public void Check_ASpikeSoonAfterASteepStart_Stops(
        double first,
        double last,
        double pace,
        double noise,
        int step,
        double spike
    )
    {
        for (int seed = 0; seed < 50; seed++)
        {
            SpikeGuard guard = new(threshold: 12);
            double[] losses = [.. Curve(seed, first, last, pace, noise).Take(step - 1)];
            Assert.All(losses, loss => Assert.Null(guard.Check(loss, 1)));
            Assert.NotNull(guard.Check(spike, 1));
            Assert.Null(guard.Check(losses[^1], 1));
        }
    }

    [Theory]
    [InlineData(11, 1.5, 5, 0.02)]
    [InlineData(11, 1.5, 40, 0.1)]
    [InlineData(4, 0.001, 20, 0.2)]
    [InlineData(2, 2, 1, 0.3)]
    [InlineData(1, 1.4, 100, 0.05)]
    [InlineData(1e-6, 0.01, 30, 0.3)]
    public void Check_SoundRuns_NeverStop(double first, double last, double pace, double noise)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            SpikeGuard guard = new(threshold: 12);
            Assert.All(Curve(seed, first, last, pace, noise).Take(300), loss => Assert.Null(guard.Check(loss, 1)));
        }
    }

    [Fact]
    public void Check_RowsThatAreHardNowAndThen_NeverStop()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            SpikeGuard guard = new(threshold: 12);
            SeededRandom random = new(seed);
            for (int step = 0; step < 300; step++)
            {
                bool hard = step == 5 || random.Below(8) == 0;
                Assert.Null(guard.Check(hard ? 2 + random.NextDouble() : 0.05 + (0.02 * random.NextDouble()), 1));
            }
        }
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(1, double.PositiveInfinity)]
    public void Check_NotFinite_StopsFromTheFirstStep(double loss, double norm) =>
        Assert.NotNull(new SpikeGuard(threshold: 0).Check(loss, norm));

    [Fact]
    public void Restore_ASavedWindow_DecidesAsBefore()
    {
        SpikeGuard guard = new(threshold: 12);
        for (int i = 0; i < 30; i++)
        {
            guard.Check(2 + (0.01 * (i % 5)), 1);
        }

        SpikeGuard restored = new(threshold: 12);
        restored.Restore(JsonNode.Parse(guard.Save().ToJsonString())!.AsArray());

        Assert.Equal(guard.Check(9, 1), restored.Check(9, 1));
    }

    /// <summary>An exponential way from the first to the last loss, with log-normal noise.</summary>
    private static IEnumerable<double> Curve(int seed, double first, double last, double pace, double noise)
    {
        SeededRandom random = new(seed);
        for (int step = 0; ; step++)
        {
            double normal =
                Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            yield return (last + ((first - last) * Math.Exp(-step / pace))) * Math.Exp(noise * normal);
        }
    }
}
