using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>OLMo 2: norms after both halves of a block only, and on all query heads and all key heads as one row each.</summary>
internal static class Olmo2
{
    public static Family Family { get; } = new("olmo2") { NormEpsilon = 1e-5, Own = ReadOwn };

    /// <summary>What OLMo 2 and 3 share.</summary>
    public static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields)
    {
        bool bias = fields.Bool("attention_bias", false);
        return config with
        {
            QkvBias = bias,
            OutputBias = bias,
            QueryKeyNorm = QueryKeyNorm.Row,
            Norms = BlockNorms.After,
        };
    }
}
