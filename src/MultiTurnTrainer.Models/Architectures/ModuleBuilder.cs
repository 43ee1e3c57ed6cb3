using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Makes modules over the loaded weights of a model.</summary>
internal sealed class ModuleBuilder(ModelConfig config, ModuleLayout layout, ModuleWeight[] weights, Tensor?[] biases)
{
    public Embedding Embedding()
    {
        ModuleSpec module = layout[ModuleLayout.EmbeddingPath];
        return new Embedding(module, weights[module.Slot].Numbers!, config.EmbeddingScale);
    }

    public Projection Projection(string path)
    {
        ModuleSpec module = layout[path];
        return new Projection(module, weights[module.Slot], biases[module.Slot]);
    }

    public RmsNorm Norm(string path)
    {
        ModuleSpec module = layout[path];
        return new RmsNorm(module, weights[module.Slot].Numbers!, config.NormEpsilon, config.NormAddsOne);
    }
}
