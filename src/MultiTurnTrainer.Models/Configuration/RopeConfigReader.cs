namespace MultiTurnTrainer.Models.Configuration;

/// <summary>
/// Reads one rotation in both spellings: <c>rope_theta</c> with <c>rope_scaling</c> (whose kind is <c>type</c> or
/// <c>rope_type</c>), and <c>rope_parameters</c>. <see cref="LayerRopes"/> says which layers it is for.
/// </summary>
internal static class RopeConfigReader
{
    /// <summary>Reads one.</summary>
    /// <param name="config">The whole configuration.</param>
    /// <param name="fields">The object of this rotation; null where there is none.</param>
    /// <param name="defaultTheta">The base where neither says one.</param>
    /// <param name="headDimension">The width of a head.</param>
    /// <param name="maxPositions">The longest sequence.</param>
    /// <param name="modelType">Names the family in errors.</param>
    /// <param name="defaultPartial">The share of a head that rotates where neither says one.</param>
    public static RopeConfig Read(
        ConfigFields config,
        ConfigFields? fields,
        double defaultTheta,
        int headDimension,
        int maxPositions,
        string modelType,
        double defaultPartial = 1
    )
    {
        double? topTheta = config.OptionalDouble("rope_theta");
        double topPartial = config.Double("partial_rotary_factor", defaultPartial);
        int topOriginal = config.Int("original_max_position_embeddings", 0);
        double theta = fields?.OptionalDouble("rope_theta") ?? topTheta ?? defaultTheta;
        double partial = fields?.OptionalDouble("partial_rotary_factor") ?? topPartial;
        int dimensions = (int)(headDimension * partial);
        if (dimensions <= 0 || dimensions % 2 != 0 || dimensions > headDimension)
        {
            throw config.Wrong(
                "partial_rotary_factor",
                $"a share that rotates an even number of the {headDimension} entries of a head"
            );
        }

        RopeConfig plain = Plain(theta, dimensions);
        if (fields is null)
        {
            return plain;
        }

        int original = fields.Int("original_max_position_embeddings", topOriginal > 0 ? topOriginal : maxPositions);
        RopeConfig rope = Scale(plain, fields, original, maxPositions, headDimension);
        fields.RefuseUnread(modelType);
        return rope;
    }

    private static RopeConfig Scale(
        RopeConfig plain,
        ConfigFields fields,
        int original,
        int maxPositions,
        int headDimension
    )
    {
        string kindField = fields.Has("rope_type") ? "rope_type" : "type";
        string kind = fields.Text(kindField) ?? fields.Text("type") ?? "default";
        fields.Ignore("type");
        double Factor() => fields.Double("factor");

        RopeConfig rope = kind switch
        {
            "default" => plain,
            "linear" => plain with { Type = RopeType.Linear, Factor = Factor() },
            "dynamic" => plain with { Type = RopeType.Dynamic, Factor = Factor(), OriginalLength = maxPositions },
            "llama3" => plain with
            {
                Type = RopeType.Llama3,
                Factor = Factor(),
                OriginalLength = original,
                LowFrequencyFactor = fields.Double("low_freq_factor"),
                HighFrequencyFactor = fields.Double("high_freq_factor"),
            },
            "yarn" => Yarn(plain, fields, original, maxPositions),
            "longrope" or "su" => LongRope(plain, fields, original, maxPositions),
            "proportional" => plain with
            {
                Type = RopeType.Proportional,
                Dimensions = headDimension,
                TurningPairs = plain.Dimensions / 2,
                Factor = fields.Double("factor", 1),
            },
            _ => throw fields.Unsupported(kindField, "default, linear, dynamic, llama3, yarn, longrope, proportional"),
        };
        if (rope.Type == RopeType.Default && fields.Double("factor", 1) != 1)
        {
            throw fields.Unsupported("factor", "1 where no rope_type says how to scale");
        }

        return rope;
    }

    /// <summary>A rotation without scaling.</summary>
    public static RopeConfig Plain(double theta, int dimensions) =>
        new()
        {
            Type = RopeType.Default,
            Theta = theta,
            Dimensions = dimensions,
        };

    private static RopeConfig Yarn(RopeConfig plain, ConfigFields fields, int original, int maxPositions)
    {
        double factor = fields.Double("factor", (double)maxPositions / original);
        double? mscale = fields.OptionalDouble("mscale");
        double? mscaleAll = fields.OptionalDouble("mscale_all_dim");
        double attention =
            mscale is > 0 && mscaleAll is > 0
                ? Magnitude(factor, mscale.Value) / Magnitude(factor, mscaleAll.Value)
                : Magnitude(factor, 1);
        return plain with
        {
            Type = RopeType.Yarn,
            Factor = factor,
            OriginalLength = original,
            AttentionFactor = fields.Double("attention_factor", attention),
            BetaFast = fields.Double("beta_fast", 32),
            BetaSlow = fields.Double("beta_slow", 1),
            Truncate = fields.Bool("truncate", true),
        };
    }

    /// <summary>YaRN's scale on cosine and sine: 0.1 · mscale · ln(factor) + 1.</summary>
    public static double Magnitude(double factor, double mscale) =>
        factor <= 1 ? 1 : (0.1 * mscale * Math.Log(factor)) + 1;

    private static RopeConfig LongRope(RopeConfig plain, ConfigFields fields, int original, int maxPositions)
    {
        double factor = fields.OptionalDouble("factor") ?? (double)maxPositions / original;
        double attention = factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original)));
        RopeConfig rope = plain with
        {
            Type = RopeType.LongRope,
            Factor = factor,
            OriginalLength = original,
            AttentionFactor = fields.Double("attention_factor", attention),
            ShortFactors = fields.Doubles("short_factor"),
            LongFactors = fields.Doubles("long_factor"),
        };
        int wanted = plain.Dimensions / 2;
        return rope.ShortFactors.Length != wanted ? throw fields.Wrong("short_factor", $"a list of {wanted}")
            : rope.LongFactors.Length != wanted ? throw fields.Wrong("long_factor", $"a list of {wanted}")
            : rope;
    }
}
