using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Configuration;

/// <summary>
/// Reads HuggingFace's <c>config.json</c>, in the spelling before transformers 5 and since. An unknown
/// <c>model_type</c>, or a field that changes the maths in a way mtt does not have, is refused by name.
/// </summary>
public static class ModelConfigReader
{
    /// <summary>The families mtt knows, by <c>model_type</c>. SmolLM2 is <c>llama</c>, Qwen2.5 is <c>qwen2</c>.</summary>
    public static IReadOnlyList<string> Families { get; } =
    ["llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text", "phi3", "smollm3"];

    // Far beyond every model there is, and small enough to be refused before anything is allocated.
    private const int MostWidth = 1 << 20;
    private const int MostHeads = 1 << 14;
    private const int MostLayers = 1 << 12;
    private const int MostPositions = 1 << 28;
    private const int MostTokens = 1 << 24;

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

        ConfigFields fields = new(json, path);
        string family =
            fields.Text("model_type")
            ?? throw new MttException($"{path}: model_type is missing", $"Known: {string.Join(", ", Families)}.");
        if (!Families.Contains(family))
        {
            throw new MttException(
                $"{path}: model_type '{family}' is not supported",
                $"Supported: {string.Join(", ", Families)} (SmolLM2 is llama, Qwen2.5 is qwen2)."
            );
        }

        ModelConfig config = Specialise(Common(fields, family, headDimension), fields) with
        {
            Quantisation = StoredQuantisation.Read(fields, path),
        };
        RefuseTrainingOnlyMaths(fields);
        if (!fields.Bool("is_causal", true))
        {
            throw fields.Unsupported("is_causal", "true");
        }

        fields.Ignore(_inert);
        fields.RefuseUnread(family);
        return config;
    }

    private static ModelConfig Common(ConfigFields fields, string family, int? headHint)
    {
        bool gemma = family is "gemma2" or "gemma3_text";
        int hidden = fields.Positive("hidden_size", most: MostWidth);
        int heads = fields.Positive("num_attention_heads", most: MostHeads);
        int keyValueHeads = fields.Positive("num_key_value_heads", heads, MostHeads);
        if (heads % keyValueHeads != 0)
        {
            throw fields.Wrong("num_key_value_heads", $"a divisor of the {heads} attention heads");
        }

        int head = fields.Positive("head_dim", headHint ?? (gemma ? 256 : hidden / heads), MostWidth);
        int layers = fields.Positive("num_hidden_layers", most: MostLayers);
        int positions = fields.Positive("max_position_embeddings", DefaultPositions(family), MostPositions);
        IReadOnlyList<int?> windows = LayerWindows.Read(fields, family, layers);
        return new ModelConfig
        {
            ModelType = family,
            HiddenSize = hidden,
            IntermediateSize = fields.Positive("intermediate_size", most: MostWidth),
            Layers = layers,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadDimension = head,
            VocabularySize = fields.Positive("vocab_size", most: MostTokens),
            MaxPositions = positions,
            NormEpsilon = Above(fields, "rms_norm_eps", family == "phi3" ? 1e-5 : 1e-6),
            Activation = ReadActivation(fields, gemma),
            Ropes = LayerRopes.Read(fields, family, head, positions, windows),
            TiedHead = fields.Bool("tie_word_embeddings", gemma || family == "smollm3"),
            AttentionScale = 1 / Math.Sqrt(head),
            Windows = windows,
            StoredType = ReadStoredType(fields),
        };
    }

    private static int DefaultPositions(string family) =>
        family switch
        {
            "gemma2" => 8192,
            "gemma3_text" => 131_072,
            "smollm3" => 32_768,
            _ => 2048,
        };

    private static ModelConfig Specialise(ModelConfig config, ConfigFields fields)
    {
        switch (config.ModelType)
        {
            case "llama" or "smollm3":
                bool bias = fields.Bool("attention_bias", false);
                return config with { QkvBias = bias, OutputBias = bias, MlpBias = fields.Bool("mlp_bias", false) };
            case "qwen2":
                // Some checkpoints state what the family always has.
                if (!fields.Bool("attention_bias", true))
                {
                    throw fields.Unsupported("attention_bias", "true for qwen2");
                }

                return config with
                {
                    QkvBias = true,
                };
            case "qwen3":
                bool biased = fields.Bool("attention_bias", false);
                return config with { QueryKeyNorm = true, QkvBias = biased, OutputBias = biased };
            case "gemma2":
                return Gemma(config, fields) with
                {
                    AttentionSoftcap = Softcap(fields, "attn_logit_softcapping", 50),
                    LogitSoftcap = Softcap(fields, "final_logit_softcapping", 30),
                };
            case "gemma3_text":
                return Gemma(config, fields) with
                {
                    QueryKeyNorm = true,
                    LogitSoftcap = fields.OptionalDouble("final_logit_softcapping"),
                };
            case "phi3":
                RequireOne(fields, "full_attn_mod");
                RequireOne(fields, "interpolate_factor");
                return config with { FusedProjections = true };
            default:
                return config;
        }
    }

    private static ModelConfig Gemma(ModelConfig config, ConfigFields fields)
    {
        bool bias = fields.Bool("attention_bias", false);
        return config with
        {
            QkvBias = bias,
            OutputBias = bias,
            NormAddsOne = true,
            SandwichNorms = true,
            EmbeddingScale = Math.Sqrt(config.HiddenSize),
            AttentionScale = 1 / Math.Sqrt(Above(fields, "query_pre_attn_scalar", 256)),
        };
    }

    private static double Above(ConfigFields fields, string name, double fallback)
    {
        double value = fields.Double(name, fallback);
        return value > 0 ? value : throw fields.Wrong(name, "a number above 0");
    }

    /// <summary>Fields that Phi-4-mini states and that change nothing at 1.</summary>
    private static void RequireOne(ConfigFields fields, string name)
    {
        if (fields.Double(name, 1) != 1)
        {
            throw fields.Unsupported(name, "1");
        }
    }

    private static double? Softcap(ConfigFields fields, string name, double fallback) =>
        fields.IsNull(name) ? null : fields.Double(name, fallback);

    private static Activation ReadActivation(ConfigFields fields, bool gemma)
    {
        // Gemma computes hidden_activation and the others hidden_act; the other field may only say the same.
        (string name, string other) = gemma ? ("hidden_activation", "hidden_act") : ("hidden_act", "hidden_activation");
        Activation chosen = Parse(name) ?? (gemma ? Activation.GeluTanh : Activation.Silu);
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
