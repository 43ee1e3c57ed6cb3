using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Settings;
using TorchSharp;

namespace MultiTurnTrainer.Training.Tests.Loop;

public class RecomputeChoiceTests
{
    private const double Gigabyte = 1e9;

    // What cards have left with the 16 GB of an 8B model, an adapter and a CUDA context in place.
    [Theory]
    [InlineData(80, Recompute.Off)]
    [InlineData(48, Recompute.Off)]
    [InlineData(40, Recompute.Selective)]
    [InlineData(24, Recompute.Full)]
    public void Choose_Llama8BAt4096TokensOnACard_FitsWhatTheModelLeaves(int card, Recompute expected)
    {
        ActivationNeed need = RecomputeChoice.Estimate(Llama8B(), torch.bfloat16, 4096, scores: 0);

        double free = (card - 16.06 - 0.34 - 0.7) * Gigabyte;
        Assert.Equal(expected, RecomputeChoice.Choose(need, free));
        Assert.InRange(need.Peak(expected), 0, free);
    }

    [Fact]
    public void Need_WhereScoresAreKept_GrowsWithTheLongestSequence()
    {
        ModelConfig config = Llama8B();
        double without = RecomputeChoice.Estimate(config, torch.float32, 4096, 0).Block;
        double one = RecomputeChoice.Estimate(config, torch.float32, 4096, 1024).Block - without;
        double four = RecomputeChoice.Estimate(config, torch.float32, 4096, 4096).Block - without;

        // Softmax and weights, 4 bytes each, of 32 heads over half of the keys.
        Assert.Equal(4096.0 * 512 * 32 * 8, one);
        Assert.Equal(4 * one, four);
    }

    private static ModelConfig Llama8B() =>
        ModelConfigReader.ReadFolder(TrainingCase.Model("llama")) with
        {
            HiddenSize = 4096,
            IntermediateSize = 14336,
            Layers = 32,
            Heads = 32,
            KeyValueHeads = 8,
            HeadDimension = 128,
        };
}
