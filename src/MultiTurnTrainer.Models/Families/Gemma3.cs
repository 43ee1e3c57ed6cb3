using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Gemma 3: as Gemma 2 without caps on scores, with norms on heads; layers with a window turn by a base of their own.</summary>
internal static class Gemma3
{
    private const double WideTheta = 1_000_000;

    public static Family Family { get; } =
        new("gemma3_text")
        {
            HeadDimension = Gemma2.HeadDimension,
            Positions = 131_072,
            TiesHead = true,
            ActivationField = "hidden_activation",
            Activation = Activation.GeluTanh,
            Windows = new LayerWindows { DefaultSize = 4096, Applies = HasWindow },
            Ropes = ReadRopes,
            Own = ReadOwn,
        };

    private static bool HasWindow(ConfigFields fields, int layer)
    {
        const string pattern = "sliding_window_pattern";
        return (layer + 1) % fields.Positive(pattern, fields.Positive("_" + pattern, 6)) != 0;
    }

    private static IReadOnlyList<RopeConfig?> ReadRopes(LayerRopes ropes)
    {
        double localTheta = ropes.Fields.Double("rope_local_base_freq", LayerRopes.Theta);
        RopeConfig wide = ropes.Read(ropes.Now?.Object(LayerWindows.Full) ?? ropes.Old, WideTheta);
        RopeConfig local = ropes.Now?.Object(LayerWindows.Sliding) is { } given
            ? ropes.Read(given, localTheta)
            : RopeConfigReader.Plain(localTheta, wide.Dimensions);
        return ropes.ByWindow(wide, local);
    }

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields) =>
        Gemma2.ReadShared(config, fields) with
        {
            QueryKeyNorm = QueryKeyNorm.Head,
            LogitSoftcap = fields.OptionalDouble("final_logit_softcapping"),
        };
}
