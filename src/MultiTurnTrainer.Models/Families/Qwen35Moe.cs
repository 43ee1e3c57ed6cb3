using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Qwen3.5 with experts on every layer: mixers as Qwen3.5, experts as Qwen2's, their weights summing to one.</summary>
internal static class Qwen35Moe
{
    public static Family Family { get; } =
        new("qwen3_5_moe_text")
        {
            HeadDimension = 256,
            Positions = 32_768,
            Windows = LayerWindows.Unread,
            HasDenseWidth = false,
            Ropes = DeltaNetFields.ReadRopes,
            Own = ReadOwn,
        };

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields)
    {
        ModelConfig mixed = DeltaNetFields.Read(config, fields, fusedByKeyHead: false);
        fields.Require("norm_topk_prob", true);
        return mixed with
        {
            Shapes = [.. mixed.Shapes.Select(shape => shape with { HasExperts = true })],
            Experts = Qwen2Moe.ReadExperts(fields, sumsToOne: true),
        };
    }
}
