using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Makes modules over the loaded weights of a model.</summary>
internal sealed class ModuleBuilder(
    ModelConfig config,
    ModuleLayout layout,
    ModuleWeight[] weights,
    Tensor?[] biases,
    List<Tensor> constants
)
{
    public Embedding Embedding() =>
        new(layout.Embedding, weights[layout.Embedding.Slot].Numbers!, config.EmbeddingScale);

    public Projection Projection(string path)
    {
        ModuleSpec module = layout[path];
        return new Projection(module, weights[module.Slot], biases[module.Slot]);
    }

    public RmsNorm Norm(string path) => Norm(path, config.NormAddsOne);

    public RmsNorm Norm(string path, bool addsOne)
    {
        ModuleSpec module = layout[path];
        return new RmsNorm(module, weights[module.Slot].Numbers!, config.NormEpsilon, addsOne);
    }

    /// <summary>A tensor that is no module's weight: the base's, or what is trained in its place.</summary>
    public Func<ForwardContext, Tensor> Parameter(string path)
    {
        ModuleSpec module = layout[path];
        Tensor own = weights[module.Slot].Numbers!;
        return context => context.Adapter?.Weight(module.Slot) ?? own;
    }

    public ExpertMatrices Experts(string path)
    {
        ModuleSpec module = layout[path];
        return new ExpertMatrices(
            module,
            weights[module.Slot].Numbers!,
            config.Experts!.Clamped is null ? null : Parameter(path + "_bias")
        );
    }

    /// <summary>The weight of a norm that has none.</summary>
    public Tensor Ones(int width)
    {
        Tensor like = weights[layout.Embedding.Slot].Numbers!;
        Tensor made = ones([width], like.dtype, like.device).DetachFromDisposeScope();
        constants.Add(made);
        return made;
    }
}
