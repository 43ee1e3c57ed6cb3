namespace MultiTurnTrainer.Models.Configuration;

/// <summary>Which layers see only a window of keys: <c>layer_types</c> if given, else each family's rule.</summary>
internal static class LayerWindows
{
    public static IReadOnlyList<int?> Read(ConfigFields fields, string family, int layers)
    {
        // Llama has no window: a size it does not use is left unread, and so refused.
        int? window = family == "llama" ? null : Size(fields, family);
        bool optional = family is "qwen2" or "qwen3" or "smollm3";
        bool used = !optional || fields.Bool("use_sliding_window", false);
        bool[] windowed = Windowed(fields, family, layers);
        if (fields.Has("layer_types"))
        {
            string[] types = fields.Texts("layer_types");
            if (!used && fields.Has("use_sliding_window") && types.Contains("sliding_attention"))
            {
                throw fields.Wrong("use_sliding_window", "true, as layer_types names sliding layers,");
            }

            return types.Length == layers
                ? [.. types.Select(type => OfType(fields, type, window))]
                : throw fields.Wrong("layer_types", $"a list of {layers}");
        }

        return [.. Enumerable.Range(0, layers).Select(layer => used && windowed[layer] ? window : null)];
    }

    private static bool[] Windowed(ConfigFields fields, string family, int layers)
    {
        switch (family)
        {
            case "gemma2":
                return Each(layer => layer % 2 == 0);
            case "gemma3_text":
                const string pattern = "sliding_window_pattern";
                int every = fields.Positive(pattern, fields.Positive("_" + pattern, 6));
                return Each(layer => (layer + 1) % every != 0);
            case "qwen2" or "qwen3":
                int first = fields.Int("max_window_layers", 28);
                return Each(layer => layer >= first);
            case "smollm3":
                bool[] turning = LayerRopes.FindRotating(fields, family, layers);
                return Each(layer => !turning[layer]);
            default:
                return Each(_ => true);
        }

        bool[] Each(Func<int, bool> rule) => [.. Enumerable.Range(0, layers).Select(rule)];
    }

    private static int? Size(ConfigFields fields, string family)
    {
        if (fields.IsNull("sliding_window"))
        {
            return null;
        }

        return fields.Has("sliding_window") ? fields.Positive("sliding_window")
            : family is "mistral" or "gemma2" or "gemma3_text" or "qwen2" or "qwen3" ? 4096
            : null;
    }

    private static int? OfType(ConfigFields fields, string type, int? window) =>
        type switch
        {
            "full_attention" => null,
            "sliding_attention" => window ?? throw fields.Wrong("sliding_window", "a size for the sliding layers"),
            _ => throw fields.Unsupported("layer_types", "full_attention, sliding_attention"),
        };
}
