using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>What the families with experts share in config.json.</summary>
internal static class ExpertFields
{
    private const int MostExperts = 1 << 14;

    /// <summary>The number of experts and of those that a token passes, checked against each other.</summary>
    /// <param name="fields">The configuration.</param>
    /// <param name="count">The number's field.</param>
    /// <param name="experts">The number where the file is silent.</param>
    /// <param name="chosen">The number a token passes where the file is silent.</param>
    /// <param name="chosenField">Its field.</param>
    public static (int Count, int Chosen) Read(
        ConfigFields fields,
        string count,
        int? experts = null,
        int? chosen = null,
        string chosenField = "num_experts_per_tok"
    )
    {
        int all = fields.Positive(count, experts, MostExperts);
        int some = fields.Positive(chosenField, chosen, MostExperts);
        // Training on the router's own loss is left to those who train the router.
        fields.Ignore(
            "router_aux_loss_coef",
            "output_router_logits",
            "router_jitter_noise",
            "aux_loss_alpha",
            "seq_aux"
        );
        return some <= all ? (all, some) : throw fields.Wrong(chosenField, $"a number up to the {all} experts");
    }

    /// <summary>The layers' shapes where <c>mlp_only_layers</c> and <c>decoder_sparse_step</c> say which have experts.</summary>
    public static IReadOnlyList<LayerShape> ReadSparse(ModelConfig config, ConfigFields fields)
    {
        int step = fields.Positive("decoder_sparse_step", 1);
        double[] dense = fields.Has("mlp_only_layers") ? fields.Doubles("mlp_only_layers") : [];
        return
        [
            .. Enumerable
                .Range(0, config.Layers)
                .Select(layer =>
                    config.Shape(layer) with
                    {
                        HasExperts = (layer + 1) % step == 0 && !dense.Contains(layer),
                    }
                ),
        ];
    }
}
