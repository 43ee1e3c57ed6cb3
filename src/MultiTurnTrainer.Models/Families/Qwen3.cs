using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Qwen3 dense: a norm on every query and key head.</summary>
internal static class Qwen3
{
    public static Family Family { get; } = new("qwen3") { Windows = Qwen2.LateWindows, Own = ReadAttention };

    /// <summary>Norms on the heads of queries and keys, biases where a field switches them on.</summary>
    public static ModelConfig ReadAttention(ModelConfig config, ConfigFields fields)
    {
        bool bias = fields.Bool("attention_bias", false);
        return config with { QueryKeyNorm = QueryKeyNorm.Head, QkvBias = bias, OutputBias = bias };
    }
}
