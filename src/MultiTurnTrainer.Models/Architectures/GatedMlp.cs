using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>A dense network: down(activation(gate(x)) · up(x)).</summary>
internal sealed class GatedMlp(ModelConfig config, MlpPaths paths, int layer, ModuleBuilder build) : IFeedForward
{
    private readonly MlpModules<Projection> _modules = new(config, paths, layer, build.Projection);

    public Tensor Forward(Tensor residual, Tensor normed, ForwardContext context)
    {
        int width = _modules.Down.Inputs;
        Tensor[] parts = Projection.Split(_modules.GateUp, normed, context, width, width);
        return _modules.Down.Forward(Gating.Apply(config.Activation, parts[0], parts[1]), context);
    }
}
