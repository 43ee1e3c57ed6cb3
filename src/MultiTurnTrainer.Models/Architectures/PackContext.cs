using MultiTurnTrainer.Models.Lora;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>A pack of whole sequences: training, scoring, and the prompts of a generation.</summary>
internal sealed class PackContext(
    SequenceLayout layout,
    RotaryTable rotary,
    Adapter? adapter,
    ulong? dropoutSeed,
    Action<int, Tensor, Tensor>? onKeys = null
) : ForwardContext(adapter, dropoutSeed)
{
    internal override Tensor Attend(AttentionSpec spec, Tensor query, Tensor key, Tensor value)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rotatedQuery = rotary.Apply(query);
        Tensor rotatedKey = rotary.Apply(key);
        onKeys?.Invoke(spec.Layer, rotatedKey, value);
        return PackedAttention.Forward(spec, layout, rotatedQuery, rotatedKey, value).MoveToOuterDisposeScope();
    }

    public override void Dispose() => rotary.Dispose();
}
