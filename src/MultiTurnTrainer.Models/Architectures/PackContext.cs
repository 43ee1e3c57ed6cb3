// Shapes: s tokens of the pack, h query heads, k key heads, d width of a head.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels;
using MultiTurnTrainer.Models.Kernels.Attention;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>A pack of whole sequences: training, scoring, and the prompts of a generation.</summary>
internal sealed class PackContext(
    SequenceLayout layout,
    RotaryTables rotary,
    Adapter? adapter,
    ulong? dropoutSeed,
    Action<int, Tensor, Tensor>? onKeys = null
) : ForwardContext(adapter, dropoutSeed)
{
    private Tensor? _starts;

    /// <summary>Whether attention forms whole matrices of scores, and keeps them for its backward.</summary>
    public static bool FormsScores(ModelConfig config, ScalarType type, Device device) =>
        device.type == DeviceType.CPU
            ? !CpuAttention.Serves
            : config.AttentionSoftcap is not null || !VarlenAttention.Takes(device.type, type, config.HeadDimension);

    internal override Tensor Attend(AttentionSpec spec, Tensor query, Tensor key, Tensor value)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rotatedQuery = rotary.Apply(spec.Layer, query); // [s, h, d]
        Tensor rotatedKey = rotary.Apply(spec.Layer, key); // [s, k, d]
        onKeys?.Invoke(spec.Layer, rotatedKey, value);
        Tensor attended =
            spec.Softcap is null
            && VarlenAttention.Takes(rotatedQuery.device_type, rotatedQuery.dtype, rotatedQuery.shape[^1])
                ? AttendFlash(spec, rotatedQuery, rotatedKey, value)
            : Backends.Choose(rotatedQuery) == Backend.Cpu && CpuAttention.Serves
                ? CpuAttention.Run(
                    rotatedQuery,
                    rotatedKey,
                    value,
                    [.. layout.Starts],
                    spec.Scale,
                    spec.Window,
                    spec.Softcap ?? 0
                )
            : PackedAttention.Forward(spec, layout, rotatedQuery, rotatedKey, value);
        return attended.MoveToOuterDisposeScope();
    }

    public override void Dispose()
    {
        rotary.Dispose();
        _starts?.Dispose();
    }

    private Tensor AttendFlash(AttentionSpec spec, Tensor query, Tensor key, Tensor value)
    {
        // Made once for all layers, in forward and recompute.
        _starts ??= tensor([.. layout.Starts], dtype: ScalarType.Int32, device: query.device).DetachFromDisposeScope();
        int? window = spec.Window < layout.MaxLength ? spec.Window : null;
        return VarlenAttention.Forward(query, key, value, _starts, layout.MaxLength, spec.Scale, window).flatten(1); // [s, h, d] -> [s, h d]
    }
}
