using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Qwen3-Next: as Qwen3.5 with experts; the DeltaNets' projections are fused by key head.</summary>
internal static class Qwen3Next
{
    public static Family Family { get; } =
        new("qwen3_next")
        {
            HeadDimension = 256,
            Positions = 32_768,
            Windows = LayerWindows.Unread,
            Ropes = DeltaNetFields.ReadRopes,
            Own = ReadOwn,
        };

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields)
    {
        ModelConfig mixed = DeltaNetFields.Read(config, fields, fusedByKeyHead: true);
        return mixed with
        {
            Shapes = ExpertFields.ReadSparse(mixed, fields),
            Experts = Qwen2Moe.ReadExperts(fields, fields.Bool("norm_topk_prob", true)),
        };
    }
}
