using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Phi-3, Phi-3.5 mini, Phi-4, Phi-4-mini: fused projections, part of a head rotates.</summary>
internal static class Phi3
{
    public static Family Family { get; } =
        new("phi3")
        {
            NormEpsilon = 1e-5,
            Windows = new LayerWindows(),
            Own = ReadOwn,
        };

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields)
    {
        RequireOne(fields, "full_attn_mod");
        RequireOne(fields, "interpolate_factor");
        return config with { FusedQkv = true, Mlp = MlpPaths.Fused };
    }

    // Phi-4-mini states them, and they change nothing at 1.
    private static void RequireOne(ConfigFields fields, string name)
    {
        if (fields.Double(name, 1) != 1)
        {
            throw fields.Unsupported(name, "1");
        }
    }
}
