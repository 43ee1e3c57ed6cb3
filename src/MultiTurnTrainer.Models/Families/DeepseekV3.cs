using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>DeepSeek-V3 and its kin (Moonlight): latent attention, experts chosen in groups by corrected sigmoids, an expert that all pass.</summary>
internal static class DeepseekV3
{
    public static Family Family { get; } =
        new("deepseek_v3")
        {
            Positions = 4096,
            HeadDimensionOf = fields => Math.Max(ReadLatent(fields).KeyWidth, ReadLatent(fields).ValueWidth),
            Ropes = ReadRopes,
            Own = ReadOwn,
        };

    private static LatentAttentionConfig ReadLatent(ConfigFields fields)
    {
        const int most = ModelConfigReader.MostWidth;
        bool narrow = !fields.IsNull("q_lora_rank");
        return new LatentAttentionConfig(
            narrow ? fields.Positive("q_lora_rank", 1536, most) : null,
            fields.Positive("kv_lora_rank", 512, most),
            fields.Positive("qk_nope_head_dim", 128, most),
            fields.Positive("qk_rope_head_dim", 64, most),
            fields.Positive("v_head_dim", 128, most)
        );
    }

    private static IReadOnlyList<RopeConfig?> ReadRopes(LayerRopes ropes)
    {
        RopeConfig rope = ropes.Read(
            ropes.Now ?? ropes.Old,
            LayerRopes.Theta,
            head: ReadLatent(ropes.Fields).RotatingWidth
        ) with
        {
            PairsNeighbours = ropes.Fields.Bool("rope_interleave", true),
        };
        return [.. ropes.Windows.Select(_ => rope)];
    }

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields)
    {
        LatentAttentionConfig latent = ReadLatent(fields);
        // What follows from the other widths.
        fields.Ignore("head_dim", "qk_head_dim", "ep_size", "moe_layer_freq");
        int dense = fields.Int("first_k_dense_replace", 3);
        int further = fields.Int("num_nextn_predict_layers", 0);
        bool bias = fields.Bool("attention_bias", false);
        return config with
        {
            KeyValueHeads = config.Heads,
            QkvBias = bias,
            OutputBias = bias,
            Latent = latent,
            AttentionScale = ReadScale(latent, fields),
            Shapes =
            [
                .. Enumerable
                    .Range(0, config.Layers)
                    .Select(layer => new LayerShape(config.HeadDimension, config.Heads, config.IntermediateSize)
                    {
                        HasExperts = layer >= dense,
                    }),
            ],
            SkippedPrefixes =
            [
                .. Enumerable
                    .Range(config.Layers, Math.Clamp(further, 0, 16))
                    .Select(layer => $"model.layers.{layer}."),
            ],
            Experts = ReadExperts(fields),
        };
    }

    // YaRN's scale goes into the scores a second time.
    private static double ReadScale(LatentAttentionConfig latent, ConfigFields fields)
    {
        double scale = 1 / Math.Sqrt(latent.KeyWidth);
        ConfigFields? rope = fields.Object("rope_parameters") ?? fields.Object("rope_scaling");
        bool scaled = (rope?.Text("rope_type") ?? rope?.Text("type")) is not (null or "default");
        double all = scaled ? rope!.Double("mscale_all_dim", 0) : 0;
        double grown = all == 0 ? 1 : RopeConfigReader.Magnitude(rope!.Double("factor"), all);
        return scale * grown * grown;
    }

    private static ExpertConfig ReadExperts(ConfigFields fields)
    {
        (int count, int chosen) = ExpertFields.Read(fields, "n_routed_experts", 256, 8);
        int groups = fields.Positive("n_group", 8);
        int kept = fields.Positive("topk_group", 4);
        if (count % groups != 0 || count / groups < 2)
        {
            throw fields.Wrong("n_group", $"a divisor of the {count} experts that leaves two to a group");
        }

        if (kept > groups || kept * (count / groups) < chosen)
        {
            throw fields.Wrong("topk_group", $"a number up to {groups} whose groups hold {chosen} experts");
        }

        if (fields.Text("scoring_func") is not (null or "sigmoid"))
        {
            throw fields.Unsupported("scoring_func", "sigmoid");
        }

        if (fields.Text("topk_method") is not (null or "noaux_tc"))
        {
            throw fields.Unsupported("topk_method", "noaux_tc");
        }

        int width = fields.Positive("moe_intermediate_size", 2048, ModelConfigReader.MostWidth);
        return new ExpertConfig
        {
            Count = count,
            Chosen = chosen,
            Width = width,
            Router = RouterKind.Sigmoid,
            SumsToOne = fields.Bool("norm_topk_prob", true),
            WeightScale = fields.Double("routed_scaling_factor", 2.5),
            Groups = groups,
            ChosenGroups = kept,
            SharedWidth = width * fields.Positive("n_shared_experts", 1, 64),
            SharedPath = "mlp.shared_experts",
        };
    }
}
