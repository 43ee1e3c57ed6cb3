using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Gemma 2: four norms a layer that multiply by 1 + w, caps, every other layer with a window, a scaled embedding.</summary>
internal static class Gemma2
{
    /// <summary>The width of a head where the file is silent.</summary>
    public const int HeadDimension = 256;

    public static Family Family { get; } =
        new("gemma2")
        {
            HeadDimension = HeadDimension,
            Positions = 8192,
            TiesHead = true,
            ActivationField = "hidden_activation",
            Activation = Activation.GeluTanh,
            Windows = new LayerWindows { DefaultSize = 4096, Applies = (_, layer) => layer % 2 == 0 },
            Own = ReadOwn,
        };

    /// <summary>What Gemma 2 and 3 share.</summary>
    public static ModelConfig ReadShared(ModelConfig config, ConfigFields fields)
    {
        bool bias = fields.Bool("attention_bias", false);
        return config with
        {
            QkvBias = bias,
            OutputBias = bias,
            NormAddsOne = true,
            Norms = BlockNorms.Around,
            EmbeddingScale = Math.Sqrt(config.HiddenSize),
            AttentionScale = 1 / Math.Sqrt(fields.Above("query_pre_attn_scalar", 256)),
        };
    }

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields) =>
        ReadShared(config, fields) with
        {
            AttentionSoftcap = Softcap(fields, "attn_logit_softcapping", 50),
            LogitSoftcap = Softcap(fields, "final_logit_softcapping", 30),
        };

    private static double? Softcap(ConfigFields fields, string name, double fallback) =>
        fields.IsNull(name) ? null : fields.Double(name, fallback);
}
