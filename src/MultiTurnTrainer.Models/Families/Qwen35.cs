using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Qwen3.5 and 3.6 dense: gated DeltaNets, and gated attention on every fourth layer.</summary>
internal static class Qwen35
{
    public static Family Family { get; } =
        new("qwen3_5_text")
        {
            HeadDimension = 256,
            Positions = 32_768,
            Windows = LayerWindows.Unread,
            Ropes = DeltaNetFields.ReadRopes,
            Own = (config, fields) => DeltaNetFields.Read(config, fields, fusedByKeyHead: false),
        };
}
