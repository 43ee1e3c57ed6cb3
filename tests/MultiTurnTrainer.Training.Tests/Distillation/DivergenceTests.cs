using MultiTurnTrainer.Training.Distillation;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Training.Tests.Distillation;

public class DivergenceTests
{
    [Theory]
    [InlineData(0.0, 0.085123)]
    [InlineData(1.0, 0.092033)]
    [InlineData(0.5, 0.021901)]
    public void OfLogProbabilities_ThreeWords_AgreesWithTheHandCheck(double beta, double expected)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor p = tensor(new[] { 0.7f, 0.2f, 0.1f }).reshape(1, 3).log();
        Tensor q = tensor(new[] { 0.5f, 0.3f, 0.2f }).reshape(1, 3).log();
        Assert.Equal(expected, Divergence.Compute(p, q, beta).item<float>(), 5);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    public void OfLogProbabilities_Gradient_AgreesWithDifferences(double beta)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(3);
        Tensor reference = randn([1, 7], dtype: ScalarType.Float64).log_softmax(1);
        Tensor logits = randn([1, 7], dtype: ScalarType.Float64);
        Tensor gradient = logits.log_softmax(1);
        Divergence.Compute(reference, gradient, beta);
        for (long i = 0; i < 7; i++)
        {
            double Moved(double step)
            {
                Tensor moved = logits.clone();
                moved.narrow(1, i, 1).add_(step);
                return Divergence.Compute(reference, moved.log_softmax(1), beta).item<double>();
            }

            double expected = (Moved(1e-5) - Moved(-1e-5)) / 2e-5;
            Assert.Equal(expected, gradient.narrow(1, i, 1).item<double>(), 8);
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    public void OfLogProbabilities_VanishingProbabilities_StayFinite(double beta)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor reference = tensor(new[] { 0f, -200f, -300f }).reshape(1, 3).log_softmax(1);
        Tensor student = tensor(new[] { -250f, -200f, 0f }).reshape(1, 3).log_softmax(1);
        Tensor each = Divergence.Compute(reference, student, beta);
        Assert.True(each.isfinite().all().item<bool>());
        Assert.True(student.isfinite().all().item<bool>());
    }
}
