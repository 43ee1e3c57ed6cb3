using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Qwen2 and Qwen2.5: biases on q, k and v.</summary>
internal static class Qwen2
{
    /// <summary>Windows on late layers, where <c>use_sliding_window</c> switches them on.</summary>
    public static LayerWindows LateWindows { get; } =
        new()
        {
            DefaultSize = 4096,
            IsOptional = true,
            Applies = (fields, layer) => layer >= fields.Int("max_window_layers", 28),
        };

    public static Family Family { get; } = new("qwen2") { Windows = LateWindows, Own = ReadOwn };

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields)
    {
        // Some checkpoints state what the family always has.
        fields.Require("attention_bias", true);
        return config with { QkvBias = true };
    }
}
