namespace MultiTurnTrainer.Models.Lora;

/// <summary>Reads and writes PEFT's <c>adapter_config.json</c>: keys sorted, two spaces, no newline at the end.</summary>
public static class LoraConfigJson
{
    private const int MostRank = 1 << 16;

    /// <summary>The file's name in an adapter folder.</summary>
    public const string FileName = "adapter_config.json";

    private const string PeftVersion = "0.19.1";

    private static readonly JsonSerializerOptions _python = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.Default,
    };

    /// <summary>Reads an adapter folder's configuration.</summary>
    /// <exception cref="MttException">Missing, not JSON, not LoRA, or a field mtt cannot honour.</exception>
    public static LoraConfig ReadFolder(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new MttException(
                $"{folder}: holds no {FileName}",
                "Give an adapter folder as PEFT or `mtt train` writes it."
            );
        }

        try
        {
            return JsonNode.Parse(InputFile.ReadBytes(path)) is JsonObject json
                ? Read(json, path)
                : throw new MttException($"{path}: is not a JSON object", "Fetch the adapter again.");
        }
        catch (Exception problem)
            when (problem
                    is JsonException
                        or InvalidOperationException
                        or FormatException
                        or ArgumentException
                        or OverflowException
                        or NullReferenceException
            )
        {
            throw new MttException($"{path}: cannot be read ({problem.Message})", "Fetch the adapter again.", problem);
        }
    }

    /// <summary>The file's bytes, as PEFT would write them.</summary>
    public static byte[] Write(LoraConfig config)
    {
        JsonObject json = config.Source?.DeepClone().AsObject() ?? Template();
        json["alpha_pattern"] = Patterns(config.AlphaPattern, Number);
        json["base_model_name_or_path"] = config.BaseModel;
        json["ensure_weight_tying"] = config.EnsureWeightTying;
        json["exclude_modules"] = config.ExcludePattern is { } excluded ? excluded : ListOrNull(config.ExcludeModules);
        json["inference_mode"] = true;
        json["init_lora_weights"] = config.Init == LoraInit.Gaussian ? "gaussian" : true;
        // One name or number may stand without a list, and then goes back so.
        json["layers_pattern"] = json["layers_pattern"] as JsonValue ?? (JsonNode?)ListOrNull(config.LayersPattern);
        json["layers_to_transform"] =
            json["layers_to_transform"] as JsonValue
            ?? (JsonNode?)(
                config.LayersToTransform is { } layers
                    ? new JsonArray([.. layers.Select(layer => JsonValue.Create(layer))])
                    : null
            );
        json["lora_alpha"] = Number(config.Alpha);
        json["lora_dropout"] = Float(config.Dropout);
        json["modules_to_save"] = ListOrNull(config.ModulesToSave);
        json["peft_type"] = "LORA";
        if (config.TargetParameters.Count > 0)
        {
            // The order of experts' pairs follows from the version.
            json["peft_version"] = PeftVersion;
            json["target_parameters"] = ListOrNull(config.TargetParameters);
        }

        json["r"] = config.Rank;
        json["rank_pattern"] = Patterns(config.RankPattern, rank => JsonValue.Create(rank));
        json["target_modules"] = config.TargetPattern is { } pattern
            ? pattern
            : new JsonArray([
                .. (config.TargetModules ?? []).Order(StringComparer.Ordinal).Select(name => JsonValue.Create(name)),
            ]);
        json["use_dora"] = config.UseDora;
        json["use_rslora"] = config.UseRsLora;
        return JsonSerializer.SerializeToUtf8Bytes(Sorted(json), _python);
    }

    private static LoraConfig Read(JsonObject json, string path)
    {
        string kind = (string?)json["peft_type"] ?? "nothing";
        if (kind != "LORA")
        {
            throw new MttException($"{path}: peft_type is {kind}, LORA is needed", "Give a LoRA adapter.");
        }

        LoraConfigFields.RefuseUnsupported(json, path);
        JsonNode? targets = json["target_modules"];
        JsonNode? excluded = json["exclude_modules"];
        return new LoraConfig
        {
            Rank = Positive((int?)json["r"] ?? 8, "r", path),
            Alpha = Finite((double?)json["lora_alpha"] ?? 8, "lora_alpha", path),
            Dropout = Finite((double?)json["lora_dropout"] ?? 0, "lora_dropout", path),
            UseRsLora = (bool?)json["use_rslora"] ?? false,
            UseDora = (bool?)json["use_dora"] ?? false,
            TargetModules = targets is JsonArray ? Texts(targets) : null,
            TargetPattern = targets is JsonValue ? (string?)targets : null,
            ExcludeModules = excluded is JsonArray ? Texts(excluded) : [],
            ExcludePattern = excluded is JsonValue ? (string?)excluded : null,
            LayersToTransform = Layers(json["layers_to_transform"]),
            LayersPattern = json["layers_pattern"] is JsonValue one ? [(string)one!] : Texts(json["layers_pattern"]),
            RankPattern =
            [
                .. Pairs(json["rank_pattern"])
                    .Select(pair =>
                        KeyValuePair.Create(pair.Key, Positive((int)pair.Value!, $"rank_pattern.{pair.Key}", path))
                    ),
            ],
            AlphaPattern =
            [
                .. Pairs(json["alpha_pattern"])
                    .Select(pair =>
                        KeyValuePair.Create(pair.Key, Finite((double)pair.Value!, $"alpha_pattern.{pair.Key}", path))
                    ),
            ],
            ModulesToSave = Texts(json["modules_to_save"]),
            TargetParameters = Texts(json["target_parameters"]),
            LoraBias = (bool?)json["lora_bias"] ?? false,
            TrainableTokens = ReadTokens(json["trainable_token_indices"]),
            EnsureWeightTying = (bool?)json["ensure_weight_tying"] ?? false,
            Init =
                json["init_lora_weights"] is JsonValue init && init.TryGetValue(out string? text) && text == "gaussian"
                    ? LoraInit.Gaussian
                    : LoraInit.Kaiming,
            BaseModel = (string?)json["base_model_name_or_path"],
            Source = json,
        };
    }

    private static int[]? Layers(JsonNode? json) =>
        json switch
        {
            JsonArray list => [.. list.Select(layer => (int)layer!)],
            JsonValue one => [(int)one],
            _ => null,
        };

    private static int Positive(int rank, string name, string path) =>
        rank is > 0 and <= MostRank
            ? rank
            : throw new MttException($"{path}: {name} is {rank}", $"A rank is at least 1 and at most {MostRank}.");

    private static double Finite(double value, string name, string path) =>
        double.IsFinite(value)
            ? value
            : throw new MttException($"{path}: {name} is not a finite number", "Save the adapter again.");

    // A list alone means the embedding, which PEFT calls by this name whatever the family.
    private static IReadOnlyList<KeyValuePair<string, IReadOnlyList<int>>> ReadTokens(JsonNode? node) =>
        node switch
        {
            JsonArray list => [KeyValuePair.Create("embed_tokens", Ids(list))],
            JsonObject map => [.. map.Select(pair => KeyValuePair.Create(pair.Key, Ids(pair.Value!.AsArray())))],
            _ => [],
        };

    private static IReadOnlyList<int> Ids(JsonArray list) => [.. list.Select(id => (int)id!)];

    private static string[] Texts(JsonNode? node) =>
        node is JsonArray list ? [.. list.Select(item => (string)item!)] : [];

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Pairs(JsonNode? node) => node as JsonObject ?? [];

    private static JsonArray? ListOrNull(IReadOnlyList<string> names) =>
        names.Count == 0 ? null : new JsonArray([.. names.Select(name => JsonValue.Create(name))]);

    private static JsonObject Patterns<T>(IEnumerable<KeyValuePair<string, T>> patterns, Func<T, JsonNode> value) =>
        new(patterns.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, value(pair.Value))));

    /// <summary>A number as Python writes an int where it is whole.</summary>
    private static JsonNode Number(double value) =>
        value == Math.Floor(value) && Math.Abs(value) < long.MaxValue ? JsonValue.Create((long)value) : Float(value);

    /// <summary>A number as Python writes a float: with a point or an exponent.</summary>
    private static JsonNode Float(double value)
    {
        string text = value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        return JsonNode.Parse(text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text)!;
    }

    private static JsonObject Sorted(JsonObject json) =>
        new(
            json.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => KeyValuePair.Create(pair.Key, Sorted(pair.Value)))
        );

    private static JsonNode? Sorted(JsonNode? node) => node is JsonObject map ? Sorted(map) : node?.DeepClone();

    private static JsonObject Template() =>
        new()
        {
            ["alora_invocation_tokens"] = null,
            ["arrow_config"] = null,
            ["auto_mapping"] = null,
            ["bias"] = "none",
            ["corda_config"] = null,
            ["ensure_weight_tying"] = false,
            ["eva_config"] = null,
            ["fan_in_fan_out"] = false,
            ["layer_replication"] = null,
            ["loftq_config"] = new JsonObject(),
            ["lora_bias"] = false,
            ["lora_ga_config"] = null,
            ["megatron_config"] = null,
            ["megatron_core"] = "megatron.core",
            ["peft_version"] = PeftVersion,
            ["qalora_group_size"] = 16,
            ["revision"] = null,
            ["target_parameters"] = null,
            ["task_type"] = "CAUSAL_LM",
            ["trainable_token_indices"] = null,
            ["use_bdlora"] = null,
            ["use_qalora"] = false,
        };
}
