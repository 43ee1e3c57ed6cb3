using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Qwen1.5 and Qwen2 with experts: attention as Qwen2, an expert that all tokens pass, weighed by a gate.</summary>
internal static class Qwen2Moe
{
    public static Family Family { get; } =
        new("qwen2_moe")
        {
            Positions = 32_768,
            Windows = Qwen2.LateWindows,
            Own = ReadOwn,
        };

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields) =>
        config with
        {
            QkvBias = fields.Bool("qkv_bias", true),
            Shapes = ExpertFields.ReadSparse(config, fields),
            Experts = ReadExperts(fields, fields.Bool("norm_topk_prob", false)),
        };

    /// <summary>Experts with one that all tokens pass.</summary>
    /// <param name="fields">The configuration.</param>
    /// <param name="sumsToOne">Whether the chosen experts' weights sum to one.</param>
    public static ExpertConfig ReadExperts(ConfigFields fields, bool sumsToOne)
    {
        (int count, int chosen) = ExpertFields.Read(fields, "num_experts");
        return new ExpertConfig
        {
            Count = count,
            Chosen = chosen,
            Width = fields.Positive("moe_intermediate_size", most: ModelConfigReader.MostWidth),
            Router = RouterKind.Softmax,
            SumsToOne = sumsToOne,
            SharedWidth = fields.Positive("shared_expert_intermediate_size", most: ModelConfigReader.MostWidth),
            GatesShared = true,
        };
    }
}
