using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Ministral 3: as Mistral; rotated queries grow with the position beyond the original length.</summary>
internal static class Ministral3
{
    private const string Beta = "llama_4_scaling_beta";
    private const double Theta = 1_000_000;

    public static Family Family { get; } =
        new("ministral3")
        {
            Positions = 262_144,
            NormEpsilon = 1e-5,
            Windows = new LayerWindows(),
            Ropes = ReadRopes,
        };

    private static IReadOnlyList<RopeConfig?> ReadRopes(LayerRopes ropes)
    {
        ConfigFields? own = ropes.Now ?? ropes.Old;
        double beta = own?.OptionalDouble(Beta) ?? 0;
        int original = own?.Int("original_max_position_embeddings", 0) ?? 0;
        if (beta != 0 && original <= 0)
        {
            throw own!.Wrong("original_max_position_embeddings", $"a number above 0 beside {Beta}");
        }

        RopeConfig rope = ropes.Read(own, Theta) with { QueryScaleBeta = beta };
        rope = beta == 0 ? rope : rope with { OriginalLength = original };
        return [.. ropes.Windows.Select(_ => rope)];
    }
}
