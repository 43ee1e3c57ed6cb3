// Shapes: s tokens of the pack, n rows asked for (all s where none are), e hidden width, h query heads, k key heads, d width of a head.
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Norm;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Softmax attention with grouped key heads.</summary>
internal sealed class SelfAttention : IMixer
{
    private readonly ModelConfig _config;
    private readonly LayerShape _shape;
    private readonly AttentionSpec _spec;
    private readonly AttentionModules<Projection, RmsNorm> _modules;
    private readonly Func<ForwardContext, Tensor>? _sinks;
    private readonly Tensor? _ones;

    public SelfAttention(ModelConfig config, int layer, ModuleBuilder build)
    {
        _config = config;
        _shape = config.Shape(layer);
        _spec = AttentionSpec.Of(config, layer);
        _modules = new(config, layer, build.Projection, build.Norm);
        _sinks = config.HasSinks ? build.Parameter(ModuleLayout.LayerPath(config, layer) + ".self_attn.sinks") : null;
        _ones = config.NormsValues ? build.Ones(_shape.HeadDimension) : null;
    }

    public Tensor Forward(Tensor input, ForwardContext context, Tensor? rows)
    {
        using DisposeScope scope = NewDisposeScope();
        int queries = _config.Heads * _shape.HeadDimension;
        int keys = _shape.KeyValueHeads * _shape.HeadDimension;
        Tensor[] parts = Projection.Split(_modules.Qkv, input, context, Widths(queries, keys));
        (Tensor flat, Tensor? gate) = TakeGate(parts[0]);
        Tensor query = Heads(flat, _modules.QueryNorm, _config.Heads, context);
        Tensor? key = _shape.KeysOf is null ? Heads(parts[1], _modules.KeyNorm, _shape.KeyValueHeads, context) : null;
        Tensor? value = key is null ? null : Values(parts[^1]);
        Tensor attended = context.Attend(_spec, query, key, value, _sinks?.Invoke(context)); // [s, h d]
        attended = gate is null ? attended : attended * gate.sigmoid();
        attended = rows is null ? attended : attended.index_select(0, rows); // [s, h d] -> [n, h d]
        return _modules.Output.Forward(attended, context).MoveToOuterDisposeScope(); // [n, h d] -> [n, e]
    }

    private int[] Widths(int queries, int keys) =>
        _config.FusedQkv || _modules.Qkv.Length == 3 ? [queries, keys, keys]
        : _modules.Qkv.Length == 2 ? [queries, keys]
        : [queries];

    // Each head's query stands beside its gate.
    private (Tensor Query, Tensor? Gate) TakeGate(Tensor projected)
    {
        if (!_config.GatesAttention)
        {
            return (projected, null);
        }

        long tokens = projected.shape[0];
        int width = _shape.HeadDimension;
        Tensor both = projected.view(tokens, _config.Heads, 2 * width); // [s, h 2d] -> [s, h, 2d]
        return (
            both.narrow(-1, 0, width).reshape(tokens, -1), // [s, h, 2d] -> [s, h d]
            both.narrow(-1, width, width).reshape(tokens, -1) // [s, h, 2d] -> [s, h d]
        );
    }

    private Tensor Heads(Tensor flat, RmsNorm? norm, int heads, ForwardContext context)
    {
        long[] shape = [flat.shape[0], heads, _shape.HeadDimension];
        return _config.QueryKeyNorm == QueryKeyNorm.Row
            ? norm!.Forward(flat, context.Adapter).view(shape) // [s, h d] -> [s, h, d]
            : norm?.Forward(flat.view(shape), context.Adapter) ?? flat.view(shape); // [s, h d] -> [s, h, d]
    }

    private Tensor Values(Tensor flat)
    {
        Tensor value = flat.view(flat.shape[0], _shape.KeyValueHeads, _shape.HeadDimension); // [s, k d] -> [s, k, d]
        return _ones is null ? value : RmsNormKernel.Apply(value, _ones, _config.NormEpsilon, addsOne: false);
    }
}
