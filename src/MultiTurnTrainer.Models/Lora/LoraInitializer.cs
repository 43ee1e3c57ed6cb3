using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>First values of an adapter, as PEFT draws them: the adapted model equals the base.</summary>
internal static class LoraInitializer
{
    /// <summary>Fills a fresh pair. An embedding's pair begins the other way round: A zero, B standard normal.</summary>
    public static void Fill(ModuleSpec module, LoraConfig config, int rank, SeededRandom random, Tensor a, Tensor b)
    {
        Tensor drawn = module.Kind == ModuleKind.Embedding ? b : a;
        float[] values = new float[drawn.numel()];
        double bound = 1 / Math.Sqrt(module.In);
        for (int i = 0; i < values.Length; i++)
        {
            double value =
                module.Kind == ModuleKind.Embedding ? random.NextNormal()
                : config.Init == LoraInit.Gaussian ? random.NextNormal() / rank
                : ((2 * random.NextDouble()) - 1) * bound;
            values[i] = (float)value;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        using Tensor source = Tensors.From(values, drawn.shape, ScalarType.Float32, drawn.device);
        drawn.copy_(source);
    }
}
