using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>gpt-oss: experts with limited products and biases, sinks in the softmax, every other layer with a window.</summary>
internal static class GptOss
{
    private const double Theta = 150_000;

    public static Family Family { get; } =
        new("gpt_oss")
        {
            HeadDimension = 64,
            Positions = 131_072,
            NormEpsilon = 1e-5,
            Windows = new LayerWindows { DefaultSize = 128, Applies = (_, layer) => layer % 2 == 0 },
            Ropes = ReadRopes,
            Own = ReadOwn,
        };

    // Without a word on it the rotation is YaRN's, not the plain one.
    private static IReadOnlyList<RopeConfig?> ReadRopes(LayerRopes ropes)
    {
        if ((ropes.Now ?? ropes.Old) is not null)
        {
            return ropes.Alike(Theta);
        }

        const string yarn = """
            {"rope_type": "yarn", "factor": 32, "beta_fast": 32, "beta_slow": 1, "truncate": false, "original_max_position_embeddings": 4096}
            """;
        RopeConfig rope = ropes.Read(new ConfigFields(JsonElement.Parse(yarn), "gpt_oss"), Theta);
        return [.. ropes.Windows.Select(_ => rope)];
    }

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields)
    {
        (int count, int chosen) = ExpertFields.Read(fields, "num_local_experts", 128, 4);
        // Older names of what other fields say.
        fields.Ignore("experts_per_token", "initial_context_length");
        bool bias = fields.Bool("attention_bias", true);
        return config with
        {
            QkvBias = bias,
            OutputBias = bias,
            HasSinks = true,
            Shapes = [.. Enumerable.Range(0, config.Layers).Select(i => config.Shape(i) with { HasExperts = true })],
            Experts = new ExpertConfig
            {
                Count = count,
                Chosen = chosen,
                Width = config.IntermediateSize,
                Router = RouterKind.ChosenSoftmax,
                AlwaysStacked = true,
                Clamped = new ClampedExperts(fields.Above("swiglu_limit", 7), fields.Double("swiglu_alpha", 1.702)),
            },
        };
    }
}
