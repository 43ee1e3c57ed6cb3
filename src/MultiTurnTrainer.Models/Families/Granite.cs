using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Granite 3: as Llama, with factors on embedding, scores, residual stream and logits.</summary>
internal static class Granite
{
    public static Family Family { get; } = new("granite") { Own = ReadOwn };

    /// <summary>The four factors.</summary>
    public static ModelConfig ReadFactors(ModelConfig config, ConfigFields fields) =>
        config with
        {
            EmbeddingScale = fields.Above("embedding_multiplier", 1),
            AttentionScale = fields.Above("attention_multiplier", 1),
            ResidualScale = fields.Above("residual_multiplier", 1),
            LogitDivisor = fields.Above("logits_scaling", 1),
        };

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields) =>
        Llama.ReadBiases(ReadFactors(config, fields), fields);
}
