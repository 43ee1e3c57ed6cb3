using System.Text.Json.Nodes;
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
}
