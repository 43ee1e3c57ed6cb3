using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Checks;
using MultiTurnTrainer.Models.Kernels.Attention;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Kernels;

/// <summary>Runs alone: its inputs come from the process's one generator, from which other tests draw too.</summary>
[Collection(nameof(KernelTimingTests))]
public class CpuAttentionTests
{
    [Theory]
    [InlineData("Float32", 4, 4, 16, null, null)]
    [InlineData("Float32", 4, 2, 12, null, null)]
    [InlineData("Float32", 4, 1, 16, 8, null)]
    [InlineData("Float32", 2, 2, 24, 300, 5.0)]
    [InlineData("BFloat16", 4, 2, 16, null, null)]
    [InlineData("BFloat16", 4, 4, 64, 31, 20.0)]
    public void Run_OverAPack_EqualsTheReferenceForwardAndBackward(
        string type,
        int heads,
        int keyHeads,
        int width,
        int? window,
        double? softcap
    )
    {
        // Longer than a block of queries, a single token, and short ones.
        int[] starts = [0, 300, 301, 318, 330];
        double scale = 1 / Math.Sqrt(width);
        AttentionSpec spec = new(0, scale, window, softcap);
        SequenceLayout layout = SequenceLayout.FromStarts(starts);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        ScalarType element = Enum.Parse<ScalarType>(type);
        long[][] shapes =
        [
            [330, heads, width],
            [330, keyHeads, width],
            [330, keyHeads, width],
        ];
        Tensor Own(Tensor[] t) => CpuAttention.Run(t[0], t[1], t[2], starts, scale, window, softcap ?? 0);
        Tensor Plain(Tensor[] t) => PackedAttention.Forward(spec, layout, t[0], t[1], t[2]);
        manual_seed(11);
        KernelCheckResult own = KernelCheck.Compare("attention", CPU, element, shapes, Own, Plain);
        manual_seed(11);
        KernelCheckResult plain = KernelCheck.Compare("attention", CPU, element, shapes, Plain, Plain);
        // bf16 scores cost both the same: where one key has all the weight, little of the gradient is left.
        Assert.InRange(own.Error, 0, Math.Max(1e-4, 1.2 * plain.Error));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
