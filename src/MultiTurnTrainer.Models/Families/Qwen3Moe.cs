using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Qwen3 with experts (30B-A3B, 235B-A22B): attention as Qwen3.</summary>
internal static class Qwen3Moe
{
    public static Family Family { get; } =
        new("qwen3_moe")
        {
            Positions = 32_768,
            Windows = new LayerWindows { DefaultSize = 4096, IsOptional = true },
            Own = ReadOwn,
        };

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields)
    {
        string number = fields.Has("num_local_experts") ? "num_local_experts" : "num_experts";
        (int count, int chosen) = ExpertFields.Read(fields, number, 128, 8);
        return Qwen3.ReadAttention(config, fields) with
        {
            Shapes = ExpertFields.ReadSparse(config, fields),
            Experts = new ExpertConfig
            {
                Count = count,
                Chosen = chosen,
                Width = fields.Positive("moe_intermediate_size", 768, ModelConfigReader.MostWidth),
                Router = RouterKind.Softmax,
                SumsToOne = fields.Bool("norm_topk_prob", false),
            },
        };
    }
}
