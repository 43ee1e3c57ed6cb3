using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Families;

/// <summary>
/// Reads HuggingFace's <c>config.json</c>, in the spelling before transformers 5 and since. An unknown
/// <c>model_type</c>, or a field that changes the maths in a way mtt does not have, is refused by name.
/// </summary>
public static class ModelConfigReader
{
    /// <summary>The families mtt knows, by <c>model_type</c>. SmolLM2 is <c>llama</c>, Qwen2.5 is <c>qwen2</c>.</summary>
    public static IReadOnlyList<string> Families { get; } = [.. Family.All.Select(family => family.ModelType)];

    // Far beyond every model there is, and small enough to be refused before anything is allocated.
    internal const int MostWidth = 1 << 20;
    internal const int MostHeads = 1 << 14;
    internal const int MostTokens = 1 << 24;
    private const int MostLayers = 1 << 12;
    private const int MostPositions = 1 << 28;

    private static readonly string[] _inert = """
        architectures attn_implementation auto_map begin_suppress_tokens bos_token_id cache_implementation
        chunk_size_feed_forward diversity_penalty do_sample early_stopping encoder_no_repeat_ngram_size
        eos_token_id id2label initializer_range is_llama_config label2id length_penalty max_length
        max_window_layers min_length mlp_dropout_prob no_repeat_ngram_size num_beam_groups num_beams num_labels
        name_or_path num_return_sequences output_attentions output_hidden_states output_scores pad_token_id
        pretraining_tp repetition_penalty return_dict return_dict_in_generate temperature tie_encoder_decoder
        tokenizer_class top_k top_p torch_dtype dtype transformers.js_config transformers_version typical_p
        unsloth_fixed unsloth_version use_cache
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static readonly string[] _dropouts =
    [
        "attention_dropout",
        "embd_pdrop",
        "resid_pdrop",
        "hidden_dropout",
        "dropout",
    ];

    /// <summary>Reads a model folder's <c>config.json</c>.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="headDimension">What the weights say about a head's width, used where the file is silent.</param>
    /// <exception cref="MttException">Missing, not JSON, an unknown family, or a field mtt cannot honour.</exception>
    public static ModelConfig ReadFolder(string folder, int? headDimension = null)
    {
        InputFile.RequireFolder(folder, "Name a HuggingFace model folder.");
        string path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
        {
            throw new MttException(
                $"{folder}: holds no config.json",
                "Give a HuggingFace model folder (config.json, model.safetensors, tokenizer.json)."
            );
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(InputFile.ReadBytes(path));
            return Read(document.RootElement, path, headDimension);
        }
        // Half of a surrogate pair is JSON, and no text.
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            throw new MttException($"{path}: not valid JSON ({problem.Message})", "Fetch the file again.", problem);
        }
    }

    /// <summary>Reads a parsed configuration.</summary>
    /// <param name="json">The object.</param>
    /// <param name="path">Names the file in errors.</param>
    /// <param name="headDimension">What the weights say about a head's width, used where the file is silent.</param>
    public static ModelConfig Read(JsonElement json, string path, int? headDimension = null)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new MttException($"{path}: is not a JSON object", "Fetch the file again.");
        }

        return MultimodalConfig.IsOne(json)
            ? MultimodalConfig.Read(json, path, fields => ReadText(fields, path, headDimension))
            : ReadText(new ConfigFields(json, path), path, headDimension);
    }

    private static ModelConfig ReadText(ConfigFields fields, string path, int? headDimension)
    {
        string name =
            fields.Text("model_type")
            ?? throw new MttException($"{path}: model_type is missing", $"Known: {string.Join(", ", Families)}.");
        Family family =
            Family.All.FirstOrDefault(family => family.ModelType == name)
            ?? throw new MttException(
                $"{path}: model_type '{name}' is not supported",
                $"Supported: {string.Join(", ", Families)} (SmolLM2 is llama, Qwen2.5 is qwen2), and the text part of "
                    + $"{string.Join(", ", MultimodalConfig.ModelTypes)}."
            );
        ModelConfig config = family.Own(Common(fields, family, headDimension), fields) with
        {
            Quantisation = StoredQuantisation.Read(fields, path),
        };
        RefuseTrainingOnlyMaths(fields);
        fields.Require("is_causal", true);
        fields.Ignore(_inert);
        fields.RefuseUnread(name);
        return config;
    }

    private static ModelConfig Common(ConfigFields fields, Family family, int? headHint)
    {
        int hidden = fields.Positive("hidden_size", most: MostWidth);
        int heads = fields.Positive("num_attention_heads", most: MostHeads);
        int keyValueHeads = fields.Positive("num_key_value_heads", heads, MostHeads);
        if (heads % keyValueHeads != 0)
        {
            throw fields.Wrong("num_key_value_heads", $"a divisor of the {heads} attention heads");
        }

        int head =
            family.HeadDimensionOf?.Invoke(fields)
            ?? fields.Positive("head_dim", headHint ?? family.HeadDimension ?? (hidden / heads), MostWidth);
        int layers = fields.Positive("num_hidden_layers", most: MostLayers);
        int positions = fields.Positive("max_position_embeddings", family.Positions, MostPositions);
        IReadOnlyList<int?> windows = family.Windows.Read(fields, layers);
        return new ModelConfig
        {
            ModelType = family.ModelType,
            HiddenSize = hidden,
            IntermediateSize = fields.Positive("intermediate_size", family.HasDenseWidth ? null : hidden, MostWidth),
            Layers = layers,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadDimension = head,
            VocabularySize = fields.Positive("vocab_size", most: MostTokens),
            MaxPositions = positions,
            NormEpsilon = fields.Above("rms_norm_eps", family.NormEpsilon),
            Activation = ReadActivation(fields, family),
            Ropes = family.Ropes(new LayerRopes(fields, family.ModelType, head, positions, windows)),
            TiedHead = fields.Bool("tie_word_embeddings", family.TiesHead),
            AttentionScale = 1 / Math.Sqrt(head),
            Windows = windows,
            StoredType = ReadStoredType(fields),
        };
    }

    private static Activation ReadActivation(ConfigFields fields, Family family)
    {
        string[] names = ["hidden_act", "hidden_activation"];
        string name = family.ActivationField;
        string other = names.First(field => field != name);
        Activation chosen = Parse(name) ?? family.Activation;
        return Parse(other) is { } stated && stated != chosen
            ? throw fields.Unsupported(other, $"what {name} says, or nothing")
            : chosen;

        Activation? Parse(string field) =>
            fields.Text(field) switch
            {
                null => null,
                "silu" or "swish" => Activation.Silu,
                "gelu" => Activation.Gelu,
                "gelu_pytorch_tanh" or "gelu_new" or "gelu_fast" => Activation.GeluTanh,
                _ => throw fields.Unsupported(field, "silu, gelu, gelu_pytorch_tanh"),
            };
    }

    private static SafetensorsType ReadStoredType(ConfigFields fields)
    {
        string name = fields.Has("dtype") ? "dtype" : "torch_dtype";
        return fields.Text(name) switch
        {
            null or "float32" => SafetensorsType.F32,
            "bfloat16" => SafetensorsType.BF16,
            "float16" => SafetensorsType.F16,
            _ => throw fields.Unsupported(name, "float32, bfloat16, float16"),
        };
    }

    private static void RefuseTrainingOnlyMaths(ConfigFields fields)
    {
        foreach (string name in _dropouts)
        {
            if (fields.Double(name, 0) != 0)
            {
                throw fields.Unsupported(name, "0 (dropout belongs to the adapter: lora_dropout)");
            }
        }
    }
}
