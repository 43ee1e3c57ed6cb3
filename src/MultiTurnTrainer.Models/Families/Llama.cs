using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Llama 2 and 3, SmolLM2.</summary>
internal static class Llama
{
    public static Family Family { get; } = new("llama") { Own = ReadBiases };

    /// <summary>Biases on attention and feed-forward network, each switched by a field.</summary>
    public static ModelConfig ReadBiases(ModelConfig config, ConfigFields fields)
    {
        bool bias = fields.Bool("attention_bias", false);
        return config with { QkvBias = bias, OutputBias = bias, MlpBias = fields.Bool("mlp_bias", false) };
    }
}
