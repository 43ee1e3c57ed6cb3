using MultiTurnTrainer.Models.Generation;

namespace MultiTurnTrainer.Models.Tests.Generation;

public class SamplerTests
{
    private static readonly float[] _logits = [.. new[] { 0.1, 0.4, 0.2, 0.3 }.Select(p => (float)Math.Log(p))];

    [Theory]
    [InlineData(0.05, 0)]
    [InlineData(0.11, 1)]
    [InlineData(0.499, 1)]
    [InlineData(0.501, 2)]
    [InlineData(0.999, 3)]
    public void Choose_NothingCut_FollowsTheDistribution(double uniform, int token) =>
        Assert.Equal(token, Sampler.Choose(_logits, new() { Temperature = 1 }, uniform));

    [Theory]
    [InlineData(0.0, 1)]
    [InlineData(0.57, 1)]
    [InlineData(0.58, 3)]
    [InlineData(0.9999, 3)]
    public void Choose_TopK_KeepsTheLikeliest(double uniform, int token) =>
        Assert.Equal(token, Sampler.Choose(_logits, new() { Temperature = 1, TopK = 2 }, uniform));

    [Theory]
    [InlineData(0.39, 0.999, 1)]
    [InlineData(0.41, 0.999, 3)]
    [InlineData(0.71, 0.999, 2)]
    [InlineData(0.0, 0.999, 1)]
    public void Choose_TopP_KeepsTheTokenThatCrosses(double topP, double uniform, int last) =>
        Assert.Equal(last, Sampler.Choose(_logits, new() { Temperature = 1, TopP = topP }, uniform));

    [Fact]
    public void Choose_TopKThenTopP_RenormalisesBetween()
    {
        // Of the two that top-k keeps, the first weighs 4/7 = 0.571.
        Assert.Equal(
            1,
            Sampler.Choose(
                _logits,
                new()
                {
                    Temperature = 1,
                    TopK = 2,
                    TopP = 0.57,
                },
                0.999
            )
        );
        Assert.Equal(
            3,
            Sampler.Choose(
                _logits,
                new()
                {
                    Temperature = 1,
                    TopK = 2,
                    TopP = 0.58,
                },
                0.999
            )
        );
    }

    [Fact]
    public void Choose_Temperature_SharpensTheDistribution()
    {
        // At temperature 0.5 the weights are the squares: 0.01, 0.16, 0.04, 0.09 of 0.30.
        Assert.Equal(0, Sampler.Choose(_logits, new() { Temperature = 0.5 }, 0.033));
        Assert.Equal(1, Sampler.Choose(_logits, new() { Temperature = 0.5 }, 0.034));
        Assert.Equal(1, Sampler.Choose(_logits, new() { Temperature = 0 }, 0.999));
    }

    [Fact]
    public void LogProbability_OfAToken_IsTheLogOfItsShare()
    {
        Assert.Equal(Math.Log(0.3), Sampler.LogProbability(_logits, 3), 1e-6);
        float[] far = [.. _logits.Select(value => value + 5000)];
        Assert.Equal(Math.Log(0.3), Sampler.LogProbability(far, 3), 1e-3);
    }
}
