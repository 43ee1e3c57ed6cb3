using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Gemma 4's layers with experts: they read the residual stream beside the dense network, each with norms of its own.</summary>
internal sealed class ExpertsBesideDense : IFeedForward
{
    private readonly GatedMlp _dense;
    private readonly MixtureOfExperts _experts;
    private readonly RmsNorm _afterDense;
    private readonly RmsNorm _beforeExperts;
    private readonly RmsNorm _afterExperts;

    public ExpertsBesideDense(ModelConfig config, int layer, ModuleBuilder build)
    {
        string block = ModuleLayout.LayerPath(config, layer) + ".";
        _dense = new GatedMlp(config, config.Mlp, layer, build);
        _experts = new MixtureOfExperts(config, layer, build);
        _afterDense = build.Norm(block + "post_feedforward_layernorm_1");
        _beforeExperts = build.Norm(block + "pre_feedforward_layernorm_2");
        _afterExperts = build.Norm(block + "post_feedforward_layernorm_2");
    }

    public Tensor Forward(Tensor residual, Tensor normed, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor dense = _afterDense.Forward(_dense.Forward(residual, normed, context), context.Adapter);
        Tensor input = _beforeExperts.Forward(residual, context.Adapter);
        Tensor chosen = _afterExperts.Forward(_experts.Run(residual, input, context), context.Adapter);
        return (dense + chosen).MoveToOuterDisposeScope();
    }
}
