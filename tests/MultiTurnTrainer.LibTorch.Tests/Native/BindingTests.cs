using MultiTurnTrainer.LibTorch.Native;
using MultiTurnTrainer.LibTorch.Providers;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.LibTorch.Tests.Native;

/// <summary>What our own binding does beyond TorchSharp.</summary>
public class BindingTests
{
    [Fact]
    public void Errors_FromLibtorch_NameTheOperatorAndSayWhy()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchException problem = Assert.Throws<TorchException>(() => ones(2, 3).mm(ones(2, 3)));
        Assert.StartsWith("aten::mm: ", problem.Message, StringComparison.Ordinal);
        Assert.Contains("shapes cannot be multiplied", problem.Message, StringComparison.Ordinal);
        TorchException missing = Assert.Throws<TorchException>(() => Operator.Call("no_such_thing(self)", ones(1)));
        Assert.Contains("aten::no_such_thing: this libtorch", missing.Message, StringComparison.Ordinal);
        TorchException parameter = Assert.Throws<TorchException>(() => Operator.Call("relu(nothing)", ones(1)));
        Assert.Contains("relu", parameter.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => zeros(1, int64).item<Half>());
    }

    [Fact]
    public void PeakCpuBytes_OfTensorsOneAfterTheOther_IsThatOfTheMostAtOnce()
    {
        using torch.Tensor before = torch.ones(1000);
        long? peak = TorchRuntime.PeakCpuBytes(() =>
        {
            using (torch.ones(50_000))
            {
                torch.ones(10_000).Dispose();
            }

            using torch.Tensor after = torch.ones(30_000);
        });

        Assert.Equal(60_000 * sizeof(float), peak);
    }
}
