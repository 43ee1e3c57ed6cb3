using MultiTurnTrainer.Files;
using MultiTurnTrainer.Training.Loop;

namespace MultiTurnTrainer.Training.Tests.Loop;

public class SpikeGuardTests
{
    [Fact]
    public void Check_ThreeStepsInARowFarAbove_AreASpike()
    {
        SpikeGuard guard = CreateSteady();

        Assert.Null(guard.Check("", 2.3));
        Assert.Null(guard.Check("", 9));
        Assert.Null(guard.Check("", 9));
        Assert.Contains("the loss is 9", guard.Check("", 9));
    }

    [Fact]
    public void Check_OneOrTwoStepsFarAbove_AreNone()
    {
        SpikeGuard guard = CreateSteady();

        Assert.All([9, 2.0, 9, 9, 2.1, 9, 9, 2.0], loss => Assert.Null(guard.Check("", loss)));
    }

    [Fact]
    public void Accept_ASpike_IsTheNewLevel()
    {
        SpikeGuard guard = CreateSteady();
        guard.Check("", 9);
        guard.Check("", 9);
        Assert.NotNull(guard.Check("", 9));

        guard.Accept("", 9);

        Assert.All(Enumerable.Repeat(9.0, 10), loss => Assert.Null(guard.Check("", loss)));
    }

    [Fact]
    public void Check_BranchesOfDifferentHeight_AreComparedApart()
    {
        SpikeGuard guard = new(threshold: 12);
        for (int i = 0; i < 100; i++)
        {
            bool full = i % 20 < 16;
            Assert.Null(guard.Check(full ? "full" : "sharded", full ? 0.1 : 5));
        }

        Assert.Null(guard.Check("full", 5));
        Assert.Null(guard.Check("sharded", 5));
        Assert.Null(guard.Check("full", 5));
        Assert.Contains("branch full", guard.Check("full", 5));
    }

    [Theory]
    [InlineData(10, 0.035, 15, 0.05, 88, 1.87)]
    [InlineData(10, 2, 8, 0.03, 20, 8)]
    [InlineData(2, 1.5, 30, 0.05, 17, 6)]
    [InlineData(3, 1, 30, 0.1, 20, 9)]
    [InlineData(12, 0.5, 60, 0.1, 127, 12)]
    public void Check_ASpikeSoonAfterASteepStart_IsFound(
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
            Assert.All(losses, loss => Assert.Null(guard.Check("", loss)));
            Assert.Null(guard.Check("", spike));
            Assert.Null(guard.Check("", spike));
            Assert.NotNull(guard.Check("", spike));
            Assert.Null(guard.Check("", losses[^1]));
        }
    }

    [Theory]
    [InlineData(11, 1.5, 5, 0.02)]
    [InlineData(11, 1.5, 40, 0.1)]
    [InlineData(4, 0.001, 20, 0.2)]
    [InlineData(2, 2, 1, 0.3)]
    [InlineData(1, 1.4, 100, 0.05)]
    [InlineData(1e-6, 0.01, 30, 0.3)]
    public void Check_SoundRuns_HaveNone(double first, double last, double pace, double noise)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            SpikeGuard guard = new(threshold: 12);
            Assert.All(Curve(seed, first, last, pace, noise).Take(300), loss => Assert.Null(guard.Check("", loss)));
        }
    }

    [Fact]
    public void Check_RowsThatAreHardNowAndThen_AreNone()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            SpikeGuard guard = new(threshold: 12);
            SeededRandom random = new(seed);
            for (int step = 0; step < 300; step++)
            {
                bool hard = step == 5 || random.Below(8) == 0;
                double loss = hard ? 2 + random.NextDouble() : 0.05 + (0.02 * random.NextDouble());
                Assert.Null(guard.Check("", loss));
            }
        }
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(1, double.PositiveInfinity)]
    public void FindNotFinite_NoNumber_IsNamed(double loss, double norm) =>
        Assert.NotNull(SpikeGuard.FindNotFinite(loss, norm));

    [Fact]
    public void Restore_ASavedWindow_DecidesAsBefore()
    {
        SpikeGuard guard = CreateSteady();
        guard.Check("", 9);
        guard.Check("", 9);

        SpikeGuard restored = new(threshold: 12);
        restored.Restore(JsonText.ToView(guard.Save()));

        Assert.NotNull(guard.Check("", 9));
        Assert.Equal(guard.Check("", 9), restored.Check("", 9));
    }

    private static SpikeGuard CreateSteady()
    {
        SpikeGuard guard = new(threshold: 12);
        for (int i = 0; i < 30; i++)
        {
            Assert.Null(guard.Check("", 2 + (0.01 * (i % 5))));
        }

        return guard;
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
