using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>GLM-4-0414: four norms a layer, a fused gate, neighbours turn over half of a head.</summary>
internal static class Glm4
{
    private const double Partial = 0.5;

    public static Family Family { get; } =
        new("glm4")
        {
            HeadDimension = 128,
            Positions = 131_072,
            NormEpsilon = 1.5625e-7,
            Ropes = ReadRopes,
            Own = ReadOwn,
        };

    private static IReadOnlyList<RopeConfig?> ReadRopes(LayerRopes ropes)
    {
        RopeConfig rope = ropes.Read(ropes.Now ?? ropes.Old, LayerRopes.Theta, Partial) with { PairsNeighbours = true };
        return [.. ropes.Windows.Select(_ => rope)];
    }

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields) =>
        config with
        {
            QkvBias = fields.Bool("attention_bias", false),
            Mlp = MlpPaths.Fused,
            Norms = new BlockNorms(
                "input_layernorm",
                "post_self_attn_layernorm",
                "post_attention_layernorm",
                "post_mlp_layernorm"
            ),
        };
}
