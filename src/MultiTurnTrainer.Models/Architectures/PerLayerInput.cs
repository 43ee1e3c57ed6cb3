// Shapes: s tokens of the pack, n rows asked for (all s where none are), e hidden width, l layers, p width of a layer's input.
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>What Gemma 4's E models give every layer of each token beside the residual stream: of all layers at once, from a table of its own.</summary>
internal sealed class PerLayerTable(ModelConfig config, ModuleBuilder build)
{
    private readonly PerLayerInputConfig _input = config.PerLayerInput!;
    private readonly Func<ForwardContext, Tensor> _table = build.Parameter(
        config.Root + ".embed_tokens_per_layer.weight"
    );
    private readonly Projection _projection = build.Projection(config.Root + ".per_layer_model_projection");
    private readonly RmsNorm _norm = build.Norm(config.Root + ".per_layer_projection_norm");

    /// <summary>Ids [s] and their embedding [s, e] to [s, l, p].</summary>
    public Tensor Forward(Tensor ids, Tensor embedded, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] shape = [ids.shape[0], config.Layers, _input.Width];
        Tensor factor = tensor((float)Math.Sqrt(_input.Width)).to(embedded.dtype).to(embedded.device);
        Tensor own = (_table(context).index_select(0, ids).to(embedded.dtype) * factor).view(shape); // [s, l p] -> [s, l, p]
        Tensor projected = _projection.Forward(embedded, context) * (1 / Math.Sqrt(config.HiddenSize)); // [s, e] -> [s, l p]
        Tensor normed = _norm.Forward(projected.view(shape), context.Adapter); // [s, l p] -> [s, l, p]
        return ((normed + own) * Math.Sqrt(0.5)).MoveToOuterDisposeScope();
    }
}

/// <summary>Adds a layer's share of the <see cref="PerLayerTable"/> to the residual stream, through a gate.</summary>
internal sealed class PerLayerInput(ModelConfig config, int layer, ModuleBuilder build)
{
    private readonly Projection _gate = build.Projection(
        ModuleLayout.LayerPath(config, layer) + ".per_layer_input_gate"
    );
    private readonly Projection _projection = build.Projection(
        ModuleLayout.LayerPath(config, layer) + ".per_layer_projection"
    );
    private readonly RmsNorm _norm = build.Norm(ModuleLayout.LayerPath(config, layer) + ".post_per_layer_input_norm");

    /// <summary>[n, e] to the same shape.</summary>
    public Tensor Add(Tensor hidden, ForwardContext context, Tensor? rows)
    {
        Tensor given = context.PerLayerInput!.select(1, layer); // [s, l, p] -> [s, p]
        given = rows is null ? given : given.index_select(0, rows); // [s, p] -> [n, p]
        Tensor gated = Gating.Apply(config.Activation, _gate.Forward(hidden, context), given);
        return hidden + _norm.Forward(_projection.Forward(gated, context), context.Adapter);
    }
}
