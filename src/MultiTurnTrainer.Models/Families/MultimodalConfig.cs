using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>
/// Models that see images or hear beside reading text: their <c>text_config</c> is a family's, under another root; what is not text is
/// skipped.
/// </summary>
internal static class MultimodalConfig
{
    private const string Text = "text_config";

    // By model_type, those of the text part.
    private static readonly Dictionary<string, string[]> _known = new(StringComparer.Ordinal)
    {
        ["mistral3"] = ["mistral", "ministral3"],
        ["gemma3"] = ["gemma3_text"],
        ["gemma4"] = ["gemma4_text"],
        ["qwen3_5"] = ["qwen3_5_text"],
        ["qwen3_5_moe"] = ["qwen3_5_moe_text"],
    };

    // What the whole says and the part does not, or says too.
    private static readonly string[] _ofTheWhole =
    [
        "dtype",
        "torch_dtype",
        "tie_word_embeddings",
        "quantization_config",
    ];

    private static readonly string[] _notText =
    [
        "vision_tower.",
        "multi_modal_projector.",
        "model.vision_tower.",
        "model.multi_modal_projector.",
        "model.embed_vision.",
        "model.audio_tower.",
        "model.embed_audio.",
        "model.visual.",
        "visual.",
    ];

    /// <summary>The models known, by <c>model_type</c>.</summary>
    public static IReadOnlyCollection<string> ModelTypes => _known.Keys;

    /// <summary>Whether a configuration is one of them.</summary>
    public static bool IsOne(JsonElement json) =>
        json.TryGetProperty("model_type", out JsonElement type)
        && type.ValueKind == JsonValueKind.String
        && _known.ContainsKey(type.GetString()!);

    /// <summary>Reads the text part.</summary>
    /// <param name="json">The whole.</param>
    /// <param name="path">Names the file in errors.</param>
    /// <param name="read">Reads a family's fields.</param>
    public static ModelConfig Read(JsonElement json, string path, Func<ConfigFields, ModelConfig> read)
    {
        string type = json.GetProperty("model_type").GetString()!;
        ConfigFields whole = new(json, path);
        _ = whole.Object(Text) ?? throw whole.Wrong(Text, "an object");
        JsonObject text = JsonObject.Create(json.GetProperty(Text))!;
        foreach (string name in _ofTheWhole)
        {
            if (json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null)
            {
                text[name] = JsonNode.Parse(value.GetRawText());
            }
        }

        ModelConfig config = read(new ConfigFields(JsonSerializer.SerializeToElement(text), path, Text + "."));
        return _known[type].Contains(config.ModelType)
            ? config with
            {
                Root = "model.language_model",
                Placeholders = type == "gemma4" ? ReadPlaceholders(whole, config.VocabularySize) : null,
                SkippedPrefixes = [.. _notText, .. config.SkippedPrefixes],
            }
            : throw new MttException(
                $"{path}: {Text}.model_type '{config.ModelType}' is not the text part of a {type}",
                $"Known: {string.Join(", ", _known[type])}."
            );
    }

    // Gemma 4 looks the padding up where an image, a video or a sound stands.
    private static PlaceholderTokens ReadPlaceholders(ConfigFields whole, int vocabulary)
    {
        int[] ids =
        [
            whole.Int("image_token_id", 258_880),
            whole.Int("audio_token_id", 258_881),
            whole.Int("video_token_id", 258_884),
        ];
        int stand = whole.Object(Text)!.Int("pad_token_id", 0);
        return stand >= 0 && stand < vocabulary
            ? new PlaceholderTokens(ids, stand)
            : throw whole.Wrong(Text, $"an object whose pad_token_id lies in the vocabulary of {vocabulary}");
    }
}
