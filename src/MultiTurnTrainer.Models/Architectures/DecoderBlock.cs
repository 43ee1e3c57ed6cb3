// Shapes: s tokens of the pack, n rows asked for (all s where none are), e hidden width.
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>
/// One layer: what mixes tokens and a feed-forward network, each added to the residual stream. A pure function of hidden state
/// and context, so it can run without autograd and be run again with it.
/// </summary>
internal sealed class DecoderBlock
{
    private readonly double _residualScale;
    private readonly NormModules<RmsNorm> _norms;
    private readonly IMixer _mixer;
    private readonly IFeedForward _feedForward;
    private readonly PerLayerInput? _perLayerInput;
    private readonly Func<ForwardContext, Tensor>? _scale;

    public DecoderBlock(ModelConfig config, int layer, ModuleBuilder build)
    {
        LayerShape shape = config.Shape(layer);
        _residualScale = config.ResidualScale;
        _norms = new(config, layer, build.Norm);
        _mixer =
            shape.Mixer == Mixer.DeltaNet ? new GatedDeltaNet(config, layer, build)
            : config.Latent is not null ? new LatentAttention(config, layer, build)
            : new SelfAttention(config, layer, build);
        _feedForward =
            !shape.HasExperts ? new GatedMlp(config, config.Mlp, layer, build)
            : config.Experts!.BesideDense ? new ExpertsBesideDense(config, layer, build)
            : new MixtureOfExperts(config, layer, build);
        _perLayerInput = config.PerLayerInput is null ? null : new PerLayerInput(config, layer, build);
        _scale = config.ScalesLayers ? build.Parameter(ModuleLayout.LayerPath(config, layer) + ".layer_scalar") : null;
    }

    /// <summary>[tokens, hidden] to the same shape, or to [rows, hidden]: after the mixer no token needs another.</summary>
    public Tensor Forward(Tensor hidden, ForwardContext context, Tensor? rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mixed = _mixer.Forward(Norm(_norms.BeforeMixer, hidden, context), context, rows);
        hidden = rows is null ? hidden : hidden.index_select(0, rows); // [s, e] -> [n, e]
        Tensor between = Add(hidden, Norm(_norms.AfterMixer, mixed, context));
        Tensor fed = _feedForward.Forward(between, Norm(_norms.BeforeMlp, between, context), context);
        Tensor result = Add(between, Norm(_norms.AfterMlp, fed, context));
        result = _perLayerInput?.Add(result, context, rows) ?? result;
        result = _scale is null ? result : result * _scale(context).to(result.dtype);
        return result.MoveToOuterDisposeScope();
    }

    private static Tensor Norm(RmsNorm? norm, Tensor input, ForwardContext context) =>
        norm?.Forward(input, context.Adapter) ?? input;

    private Tensor Add(Tensor residual, Tensor change) =>
        residual + (_residualScale == 1 ? change : change * _residualScale);
}
