using MultiTurnTrainer.Training.Distillation;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Training.Tests.Distillation;

public class EmaReferenceTests
{
    [Fact]
    public void Follow_StartsAsACopyAndMovesByOneMinusTheDecay()
    {
        using DistillationGolden golden = new("llama");
        using EmaReference reference = new(golden.Model, golden.Adapter, 0.9);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor before = golden.Adapter.Parameters.Flat.clone();
        Assert.True(reference.Adapter.Parameters.Flat.allclose(before));
        golden.Adapter.Parameters.Flat.add_(1);
        reference.Follow();
        Assert.True(reference.Adapter.Parameters.Flat.allclose(before + 0.1, 1e-5, 1e-6));
        reference.Follow();
        Assert.True(reference.Adapter.Parameters.Flat.allclose(before + 0.19, 1e-5, 1e-6));
    }
}
