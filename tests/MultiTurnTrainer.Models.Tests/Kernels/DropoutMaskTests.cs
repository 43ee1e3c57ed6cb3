using MultiTurnTrainer.Models.Kernels.Dropout;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Kernels;

public class DropoutMaskTests
{
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Apply_OfOnes_DropsTheShareAndKeepsTheMean(double share)
    {
        using DisposeScope scope = NewDisposeScope();
        float[] values = Apply(ones([400, 500]), 11, share);

        double dropped = values.Count(value => value == 0) / (double)values.Length;
        Assert.Equal(share, dropped, 4 * Math.Sqrt(share * (1 - share) / values.Length));
        Assert.All(values, value => Assert.True(value == 0 || value == (float)(1 / (1 - share))));
    }

    [Fact]
    public void Apply_RowsColumnsAndSeeds_AreIndependent()
    {
        using DisposeScope scope = NewDisposeScope();
        float[] mask = Apply(ones([300, 300]), 11, 0.5);
        float[] other = Apply(ones([300, 300]), 12, 0.5);

        Assert.Equal(0.5, Agreement((row, column) => mask[(row * 300) + column] == other[(row * 300) + column]), 0.01);
        Assert.Equal(
            0.5,
            Agreement((row, column) => mask[(row * 300) + column] == mask[((row + 1) * 300) + column]),
            0.01
        );
        Assert.Equal(
            0.5,
            Agreement((row, column) => mask[(row * 300) + column] == mask[(row * 300) + column + 1]),
            0.01
        );

        static double Agreement(Func<int, int, bool> same) =>
            Enumerable.Range(0, 299 * 299).Count(i => same(i / 299, i % 299)) / (299.0 * 299);
    }

    [Fact]
    public void Apply_AnotherWidthOrType_DropsTheSameColumns()
    {
        using DisposeScope scope = NewDisposeScope();
        float[] whole = Apply(ones([5, 64]), 3, 0.4);
        float[] narrow = Apply(ones([5, 37]), 3, 0.4);
        float[] half = Apply(ones([5, 64]).to(bfloat16), 3, 0.4);

        Assert.Equal(Enumerable.Range(0, 5 * 37).Select(i => whole[(i / 37 * 64) + (i % 37)]), narrow);
        Assert.Equal(whole.Select(value => value == 0), half.Select(value => value == 0));
    }

    [Fact]
    public void Record_InAGraph_DropsTheSameOfTheGradient()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor leaf = ones([2, 6, 20]).requires_grad_();
        Tensor dropped = new DropoutMask(5, 0.3).Record(leaf);
        dropped.backward([ones([2, 6, 20])]);

        Assert.True(leaf.grad!.allclose(dropped));
        Assert.Contains(0f, leaf.grad!.data<float>().ToArray());
    }

    private static float[] Apply(Tensor matrix, ulong seed, double share) =>
        new DropoutMask(seed, share).Apply(matrix).to(float32).data<float>().ToArray();
}
