using MultiTurnTrainer.LibTorch.Providers;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Architectures;

/// <summary>Counts the tensors of the whole process, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(CausalLMMemoryTests), DisableParallelization = true)]
[Collection(nameof(CausalLMMemoryTests))]
public class CausalLMMemoryTests
{
    [Fact]
    public void Forward_OverAndOver_LeavesNoTensorBehind()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("gemma2"), ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Golden.Adapter("gemma2"));
        Pass(model, adapter);
        long before = TorchRuntime.LiveTensors;

        Pass(model, adapter);

        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    private static void Pass(CausalLM model, LoraAdapter adapter)
    {
        // As a user who forgets nothing: everything the pass makes dies with the scope.
        using DisposeScope scope = NewDisposeScope();
        using ForwardContext context = model.Prepare(new SequenceLayout([5, 3]), adapter);
        using Tensor ids = Tensors.Ids([1, 2, 3, 4, 5, 6, 7, 8], CPU);
        model.Logits(model.Forward(ids, context), context).sum().backward();
    }
}
