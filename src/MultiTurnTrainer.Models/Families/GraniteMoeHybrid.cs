using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Granite 4 dense: attention on every layer, no experts, a fused feed-forward network. Layers with Mamba-2 are refused.</summary>
internal static class GraniteMoeHybrid
{
    public static Family Family { get; } =
        new("granitemoehybrid")
        {
            Windows = LayerWindows.Unread,
            Ropes = ReadRopes,
            Own = ReadOwn,
        };

    private static IReadOnlyList<RopeConfig?> ReadRopes(LayerRopes ropes)
    {
        const string kind = "position_embedding_type";
        return ropes.Fields.Text(kind) switch
        {
            "rope" => ropes.Alike(),
            null or "nope" => [.. ropes.Alike().Select(_ => (RopeConfig?)null)],
            _ => throw ropes.Fields.Unsupported(kind, "rope, nope"),
        };
    }

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields)
    {
        RequireAttention(config, fields);
        if (fields.Int("num_local_experts") != 0)
        {
            throw fields.Unsupported("num_local_experts", "0 (the dense models)");
        }

        if (fields.Text("normalization_function") is not (null or "rmsnorm"))
        {
            throw fields.Unsupported("normalization_function", "rmsnorm");
        }

        bool bias = fields.Bool("attention_bias", false);
        // Of the experts and the Mamba layers that the dense models have not.
        fields.Ignore(
            "num_experts_per_tok",
            "output_router_logits",
            "router_aux_loss_coef",
            "init_method",
            "mamba_chunk_size",
            "mamba_conv_bias",
            "mamba_d_conv",
            "mamba_d_head",
            "mamba_d_state",
            "mamba_expand",
            "mamba_n_groups",
            "mamba_n_heads",
            "mamba_proj_bias",
            "time_step_limit",
            "time_step_min",
            "time_step_max"
        );
        return Granite.ReadFactors(config, fields) with
        {
            IntermediateSize = fields.Positive("shared_intermediate_size", 1024, ModelConfigReader.MostWidth),
            QkvBias = bias,
            OutputBias = bias,
            Mlp = new MlpPaths(["shared_mlp.input_linear"], "shared_mlp.output_linear"),
        };
    }

    private static void RequireAttention(ModelConfig config, ConfigFields fields)
    {
        string name = fields.Has("layer_types") ? "layer_types" : "layers_block_type";
        string[] types = fields.Texts(name);
        if (types.Length != config.Layers)
        {
            throw fields.Wrong(name, $"a list of {config.Layers}");
        }

        if (types.Any(type => type is not ("attention" or LayerWindows.Full)))
        {
            throw fields.Unsupported(name, $"attention on every layer");
        }

        fields.Ignore("layer_types", "layers_block_type");
    }
}
