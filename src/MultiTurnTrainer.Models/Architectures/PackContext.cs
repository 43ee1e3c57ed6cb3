// Shapes: s tokens of the pack, h query heads, k key heads, d width of a head.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels;
using MultiTurnTrainer.Models.Kernels.Attention;
using MultiTurnTrainer.Models.Kernels.DeltaNet;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>A pack of whole sequences: training, scoring, and the prompts of a generation.</summary>
internal sealed class PackContext(
    SequenceLayout layout,
    RotaryTables rotary,
    Adapter? adapter,
    ulong? dropoutSeed,
    PackReader? reader = null
) : ForwardContext(adapter, dropoutSeed)
{
    private readonly Dictionary<int, (Tensor Key, Tensor Value)> _shared = [];
    private Tensor? _starts;
    private DeltaPlan? _plan;

    /// <summary>Whether attention forms whole matrices of scores, and keeps them for its backward.</summary>
    public static bool FormsScores(ModelConfig config, ScalarType type, Device device) =>
        config.HasSinks
        || (
            device.type == DeviceType.CPU
                ? !CpuAttention.Serves
                : config.AttentionSoftcap is not null || !VarlenAttention.Takes(device.type, type, config.HeadDimension)
        );

    internal override Tensor Attend(AttentionSpec spec, Tensor query, Tensor? key, Tensor? value, Tensor? sinks)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rotatedQuery = rotary.ApplyToQueries(spec.Layer, query); // [s, h, d]
        (Tensor rotatedKey, Tensor values) = FindKeys(spec, key, value);
        Tensor attended =
            sinks is not null ? PackedAttention.Forward(spec, layout, rotatedQuery, rotatedKey, values, sinks)
            : spec.Softcap is null
            && VarlenAttention.Takes(rotatedQuery.device_type, rotatedQuery.dtype, rotatedQuery.shape[^1])
                ? AttendFlash(spec, rotatedQuery, rotatedKey, values)
            : Backends.Choose(rotatedQuery) == Backend.Cpu && CpuAttention.Serves
                ? CpuAttention.Run(
                    rotatedQuery,
                    rotatedKey,
                    values,
                    [.. layout.Starts],
                    spec.Scale,
                    spec.Window,
                    spec.Softcap ?? 0
                )
            : PackedAttention.Forward(spec, layout, rotatedQuery, rotatedKey, values);
        return attended.MoveToOuterDisposeScope();
    }

    internal override Tensor Recur(int layer, DeltaInputs inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        // Made once for all layers, in forward and recompute.
        _plan ??= new DeltaPlan(layout.Lengths, inputs.Mixed.device);
        (Tensor result, DeltaState after) = GatedDelta.Run(inputs, _plan, null);
        reader?.OnState(layer, after);
        return result.MoveToOuterDisposeScope();
    }

    public override void Dispose()
    {
        base.Dispose();
        rotary.Dispose();
        _starts?.Dispose();
        _plan?.Dispose();
        foreach ((Tensor key, Tensor value) in _shared.Values)
        {
            key.Dispose();
            value.Dispose();
        }
    }

    // The layer's own, or those of the layer that it shares them with, which ran before.
    private (Tensor Key, Tensor Value) FindKeys(AttentionSpec spec, Tensor? key, Tensor? value)
    {
        if (key is null)
        {
            return _shared[spec.KeyLayer];
        }

        Tensor rotated = rotary.Apply(spec.Layer, key); // [s, k, d]
        reader?.OnKeys(spec.Layer, rotated, value!);
        if (spec.IsShared)
        {
            _shared[spec.Layer] = (rotated.alias().DetachFromDisposeScope(), value!.alias().DetachFromDisposeScope());
        }

        return (rotated, value!);
    }

    private Tensor AttendFlash(AttentionSpec spec, Tensor query, Tensor key, Tensor value)
    {
        // Made once for all layers, in forward and recompute.
        _starts ??= tensor([.. layout.Starts], dtype: ScalarType.Int32, device: query.device).DetachFromDisposeScope();
        int? window = spec.Window < layout.MaxLength ? spec.Window : null;
        return VarlenAttention.Forward(query, key, value, _starts, layout.MaxLength, spec.Scale, window).flatten(1); // [s, h, d] -> [s, h d]
    }
}

/// <summary>Gets what the sequences of a pack leave behind in each layer.</summary>
/// <param name="OnKeys">Keys, rotated, and values, [tokens, key heads, width] each.</param>
/// <param name="OnState">The state of a layer that has no keys; the tensors live as long as the call.</param>
internal sealed record PackReader(Action<int, Tensor, Tensor> OnKeys, Action<int, DeltaState> OnState);
