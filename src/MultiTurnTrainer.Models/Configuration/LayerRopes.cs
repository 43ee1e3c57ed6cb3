namespace MultiTurnTrainer.Models.Configuration;

/// <summary>How each layer rotates: all alike, but for Gemma 3's windowed layers and SmolLM3's layers without positions.</summary>
internal static class LayerRopes
{
    private const double DefaultTheta = 10_000;
    private const double GemmaTheta = 1_000_000;
    private const double SmolTheta = 2_000_000;

    /// <summary>One for each layer; null where the layer does not rotate.</summary>
    /// <param name="fields">The configuration.</param>
    /// <param name="family">Its <c>model_type</c>.</param>
    /// <param name="head">The width of a head.</param>
    /// <param name="positions">The longest sequence.</param>
    /// <param name="windows">Which layers have a window.</param>
    public static IReadOnlyList<RopeConfig?> Read(
        ConfigFields fields,
        string family,
        int head,
        int positions,
        IReadOnlyList<int?> windows
    )
    {
        ConfigFields? old = fields.Object("rope_scaling");
        ConfigFields? now = fields.Object("rope_parameters");
        RopeConfig Rotation(ConfigFields? own, double theta) =>
            RopeConfigReader.Read(fields, own, theta, head, positions, family);

        if (family != "gemma3_text")
        {
            RopeConfig rope = Rotation(now ?? old, family == "smollm3" ? SmolTheta : DefaultTheta);
            return [.. FindRotating(fields, family, windows.Count).Select(turns => turns ? rope : null)];
        }

        double localTheta = fields.Double("rope_local_base_freq", DefaultTheta);
        RopeConfig wide = Rotation(now?.Object("full_attention") ?? old, GemmaTheta);
        RopeConfig local = now?.Object("sliding_attention") is { } given
            ? Rotation(given, localTheta)
            : RopeConfigReader.Plain(localTheta, head);
        now?.RefuseUnread(family);
        return [.. windows.Select(window => window is null ? wide : local)];
    }

    /// <summary>For each layer whether it rotates: SmolLM3 leaves out every fourth.</summary>
    public static bool[] FindRotating(ConfigFields fields, string family, int layers)
    {
        const string list = "no_rope_layers";
        if (family != "smollm3")
        {
            return [.. Enumerable.Repeat(true, layers)];
        }

        int interval = fields.Positive("no_rope_layer_interval", 4);
        if (!fields.Has(list))
        {
            return [.. Enumerable.Range(1, layers).Select(number => number % interval != 0)];
        }

        double[] given = fields.Doubles(list);
        return given.Length >= layers
            ? [.. given[..layers].Select(value => value != 0)]
            : throw fields.Wrong(list, $"a list of {layers}");
    }
}
