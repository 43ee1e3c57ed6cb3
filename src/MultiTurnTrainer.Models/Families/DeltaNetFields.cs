using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>What the families with gated DeltaNets share: which layers have one, and its sizes.</summary>
internal static class DeltaNetFields
{
    /// <summary>The type of a layer with a DeltaNet.</summary>
    public const string Linear = "linear_attention";

    /// <summary>The share of a head that rotates.</summary>
    public const double Partial = 0.25;

    /// <summary>One rotation for every layer; images' axes all count alike in text.</summary>
    public static IReadOnlyList<RopeConfig?> ReadRopes(LayerRopes ropes)
    {
        (ropes.Now ?? ropes.Old)?.Ignore("mrope_section", "mrope_interleaved");
        return ropes.Alike(partial: Partial);
    }

    /// <summary>Attention with gates and norms on some layers, DeltaNets on the others.</summary>
    /// <param name="config">What all families share.</param>
    /// <param name="fields">The configuration.</param>
    /// <param name="fusedByKeyHead">How the projections are laid out.</param>
    public static ModelConfig Read(ModelConfig config, ConfigFields fields, bool fusedByKeyHead)
    {
        const int most = ModelConfigReader.MostWidth;
        int keyHeads = fields.Positive("linear_num_key_heads", 16, ModelConfigReader.MostHeads);
        int valueHeads = fields.Positive("linear_num_value_heads", 32, ModelConfigReader.MostHeads);
        if (valueHeads % keyHeads != 0)
        {
            throw fields.Wrong("linear_num_value_heads", $"a multiple of the {keyHeads} key heads");
        }

        fields.Require("attn_output_gate", true);
        fields.Ignore("mamba_ssm_dtype", "mtp_num_hidden_layers", "mtp_use_dedicated_embeddings");
        return Qwen3.ReadAttention(config, fields) with
        {
            NormAddsOne = true,
            GatesAttention = true,
            SkippedPrefixes = ["mtp."],
            Shapes = [.. ReadMixers(config, fields).Select((mixer, i) => config.Shape(i) with { Mixer = mixer })],
            DeltaNet = new DeltaNetConfig(
                keyHeads,
                valueHeads,
                fields.Positive("linear_key_head_dim", 128, most),
                fields.Positive("linear_value_head_dim", 128, most),
                fields.Positive("linear_conv_kernel_dim", 4, MostKernel),
                fusedByKeyHead
            ),
        };
    }

    private const int MostKernel = 1 << 10;

    private static IEnumerable<Mixer> ReadMixers(ModelConfig config, ConfigFields fields)
    {
        int interval = fields.Positive("full_attention_interval", 4);
        if (!fields.Has("layer_types"))
        {
            return Enumerable
                .Range(1, config.Layers)
                .Select(number => number % interval == 0 ? Mixer.Attention : Mixer.DeltaNet);
        }

        string[] types = fields.Texts("layer_types");
        return types.Length != config.Layers
            ? throw fields.Wrong("layer_types", $"a list of {config.Layers}")
            : types.Select(type =>
                type switch
                {
                    LayerWindows.Full => Mixer.Attention,
                    Linear => Mixer.DeltaNet,
                    _ => throw fields.Unsupported("layer_types", $"{LayerWindows.Full}, {Linear}"),
                }
            );
    }
}
