namespace MultiTurnTrainer.Models.Gguf;

/// <summary>A file's metadata as the <c>config.json</c> and <c>generation_config.json</c> of a HuggingFace folder.</summary>
internal static class GgufConfig
{
    // Of what begins with the architecture's name; anything else could change the maths.
    private static readonly string[] _known =
    [
        "attention.head_count",
        "attention.head_count_kv",
        "attention.key_length",
        "attention.layer_norm_rms_epsilon",
        "attention.value_length",
        "block_count",
        "context_length",
        "embedding_length",
        "feed_forward_length",
        "rope.dimension_count",
        "rope.freq_base",
        "rope.scaling.factor",
        "rope.scaling.finetuned",
        "rope.scaling.original_context_length",
        "rope.scaling.type",
        "vocab_size",
    ];

    private static readonly string[] _ends = ["eos_token_id", "eot_token_id", "eom_token_id"];

    /// <summary>What config.json says of the model.</summary>
    /// <exception cref="MttException">A family that mtt does not know in GGUF, or a key that it cannot honour.</exception>
    public static JsonObject Write(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        string name = metadata.RequireText("general.architecture");
        if (metadata.Text("general.type") is { } kind && kind != "model")
        {
            throw metadata.Unsupported("general.type", "model");
        }

        if (!GgufNames.Families.TryGetValue(name, out string? family))
        {
            throw metadata.Unsupported("general.architecture", string.Join(", ", GgufNames.Families.Keys));
        }

        string? strange = metadata.Keys.FirstOrDefault(key =>
            key.StartsWith(name + ".", StringComparison.Ordinal) && !_known.Contains(key[(name.Length + 1)..])
        );
        if (strange is not null)
        {
            throw metadata.Unsupported(strange, string.Join(", ", _known));
        }

        JsonObject config = Common(file, name, family);
        AddRotation(config, file, name);
        return config;
    }

    /// <summary>What generation_config.json says: every token that ends an answer.</summary>
    public static JsonObject WriteGeneration(GgufMetadata metadata) =>
        new()
        {
            ["do_sample"] = false,
            ["bos_token_id"] = metadata.Number("tokenizer.ggml.bos_token_id"),
            ["eos_token_id"] = new JsonArray([
                .. _ends
                    .Select(key => metadata.Number($"tokenizer.ggml.{key}"))
                    .OfType<long>()
                    .Distinct()
                    .Select(id => JsonValue.Create(id)),
            ]),
            ["pad_token_id"] = metadata.Number("tokenizer.ggml.padding_token_id"),
        };

    private static JsonObject Common(GgufFile file, string name, string family)
    {
        GgufMetadata metadata = file.Metadata;
        long hidden = Number("embedding_length");
        long heads = Number("attention.head_count");
        if (heads <= 0 || hidden <= 0)
        {
            throw metadata.Unsupported($"{name}.attention.head_count", "a number above 0");
        }

        long width = metadata.Number($"{name}.attention.key_length") ?? (hidden / heads);
        if ((metadata.Number($"{name}.attention.value_length") ?? width) != width)
        {
            throw metadata.Unsupported($"{name}.attention.value_length", "what attention.key_length says");
        }

        return new JsonObject
        {
            ["model_type"] = family,
            ["hidden_size"] = hidden,
            ["intermediate_size"] = Number("feed_forward_length"),
            ["num_hidden_layers"] = Number("block_count"),
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = metadata.Number($"{name}.attention.head_count_kv") ?? heads,
            ["head_dim"] = width,
            ["max_position_embeddings"] = Number("context_length"),
            ["rms_norm_eps"] = metadata.Real($"{name}.attention.layer_norm_rms_epsilon") ?? 1e-6,
            ["vocab_size"] = RequireTensor(file, "token_embd.weight").Shape[0],
            ["tie_word_embeddings"] = !file.Tensors.ContainsKey("output.weight"),
            ["attention_bias"] = file.Tensors.ContainsKey("blk.0.attn_q.bias"),
            ["bos_token_id"] = metadata.Number("tokenizer.ggml.bos_token_id"),
            ["eos_token_id"] = metadata.Number("tokenizer.ggml.eos_token_id"),
            ["pad_token_id"] = metadata.Number("tokenizer.ggml.padding_token_id"),
            ["dtype"] = RequireTensor(file, "token_embd.weight").Type == GgufType.F32 ? "float32" : "bfloat16",
        };

        long Number(string key) => metadata.RequireNumber($"{name}.{key}");
    }

    private static GgufTensor RequireTensor(GgufFile file, string name) =>
        file.Tensors.TryGetValue(name, out GgufTensor? tensor)
            ? tensor
            : throw new MttException(
                $"{file.Path}: holds no tensor '{name}'",
                "Give the model's first file, not an adapter or a further part."
            );

    private static void AddRotation(JsonObject config, GgufFile file, string name)
    {
        GgufMetadata metadata = file.Metadata;
        long width = (long)config["head_dim"]!;
        if ((metadata.Number($"{name}.rope.dimension_count") ?? width) != width)
        {
            throw metadata.Unsupported($"{name}.rope.dimension_count", $"the head's width, {width}");
        }

        double theta = metadata.Real($"{name}.rope.freq_base") ?? 10_000;
        config["rope_theta"] = theta;
        string kind = metadata.Text($"{name}.rope.scaling.type") ?? "none";
        if (file.Tensors.TryGetValue(Llama3Divisors.TensorName, out GgufTensor? divisors))
        {
            config["rope_scaling"] = Llama3Divisors.Recognise(file, divisors, theta);
            return;
        }

        double factor = metadata.Real($"{name}.rope.scaling.factor") ?? 1;
        config["rope_scaling"] = kind switch
        {
            "none" => null,
            "linear" => new JsonObject { ["rope_type"] = "linear", ["factor"] = factor },
            "yarn" => new JsonObject
            {
                ["rope_type"] = "yarn",
                ["factor"] = factor,
                ["original_max_position_embeddings"] = metadata.RequireNumber(
                    $"{name}.rope.scaling.original_context_length"
                ),
            },
            _ => throw metadata.Unsupported($"{name}.rope.scaling.type", "none, linear, yarn"),
        };
    }
}
