namespace MultiTurnTrainer.Audit.Trainers.Axolotl;

/// <summary>When the token that ends a turn is trained.</summary>
internal enum EndTraining
{
    /// <summary>Never.</summary>
    None,

    /// <summary>Behind every turn that is trained.</summary>
    Turn,

    /// <summary>Behind every turn.</summary>
    All,

    /// <summary>Behind the last turn that was looked at.</summary>
    Last,
}

/// <summary>The settings of Axolotl that change what a <c>chat_template</c> data set trains.</summary>
internal sealed record AxolotlSettings
{
    /// <summary>Names by which the settings are known.</summary>
    public static IReadOnlyList<string> Signs { get; } = ["base_model", "sequence_len", "datasets"];

    /// <summary><c>roles_to_train</c>.</summary>
    public required IReadOnlyList<string> RolesToTrain { get; init; }

    /// <summary><c>train_on_inputs</c>.</summary>
    public bool TrainOnInputs { get; init; }

    /// <summary><c>train_on_eos</c>.</summary>
    public EndTraining TrainOnEos { get; init; } = EndTraining.Turn;

    /// <summary><c>train_on_eot</c>; by default as <see cref="TrainOnEos"/>.</summary>
    public EndTraining TrainOnEot { get; init; } = EndTraining.Turn;

    /// <summary><c>eot_tokens</c>; null is the tokenizer's eos token.</summary>
    public IReadOnlyList<string>? EotTokens { get; init; }

    /// <summary><c>message_field_training</c>.</summary>
    public string? FieldTraining { get; init; }

    /// <summary><c>message_field_training_detail</c>.</summary>
    public string? FieldTrainingDetail { get; init; }

    /// <summary><c>split_thinking</c>.</summary>
    public bool SplitThinking { get; init; }

    /// <summary><c>drop_system_message</c>.</summary>
    public bool DropSystemMessage { get; init; }

    /// <summary><c>field_messages</c>.</summary>
    public string FieldMessages { get; init; } = "messages";

    /// <summary><c>field_tools</c>.</summary>
    public string FieldTools { get; init; } = "tools";

    /// <summary><c>field_system</c>.</summary>
    public string FieldSystem { get; init; } = "system";

    /// <summary><c>message_property_mappings</c>: what the template calls a property, and what the data do.</summary>
    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    /// <summary><c>template_thinking_key</c>: the template's name for reasoning.</summary>
    public string ThinkingKey { get; init; } = "reasoning_content";

    /// <summary><c>roles</c>: the template's name of each role of the data.</summary>
    public required IReadOnlyDictionary<string, string> Roles { get; init; }

    /// <summary><c>chat_template_kwargs</c>.</summary>
    public JsonFields? Variables { get; init; }

    /// <summary><c>chat_template_jinja</c>.</summary>
    public string? Template { get; init; }

    /// <summary><c>sequence_len</c>.</summary>
    public int SequenceLength { get; init; } = 512;

    /// <summary><c>excess_length_strategy</c>: <c>drop</c>, <c>truncate</c> or <c>raise</c>.</summary>
    public string Excess { get; init; } = "drop";

    /// <summary>The files of its data sets.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>Reads the settings.</summary>
    /// <exception cref="MttException">They name a rule that is not written down here.</exception>
    public static AxolotlSettings Read(TrainerConfig config)
    {
        if (config.Take("datasets") is not List<object?> { Count: > 0 } list || list[0] is not JsonFields data)
        {
            throw config.Unsupported("datasets", "names no data set", "Axolotl trains on what is named there.");
        }

        AxolotlDataset set = new(config, data);
        set.RequireOneRule(list);
        string? type = set.Text("type");
        if (type != "chat_template")
        {
            throw config.Unsupported(
                "datasets",
                $"type {type ?? "(none)"} is not reproduced, only chat_template",
                "Audit the prepared rows themselves: mtt audit last_run_prepared/*/ --data D --model M."
            );
        }

        EndTraining eos = set.End("train_on_eos") ?? EndTraining.Turn;
        AxolotlSettings settings = new()
        {
            RolesToTrain = set.List("roles_to_train") ?? ["assistant"],
            TrainOnInputs = config.Flag("train_on_inputs") ?? false,
            TrainOnEos = eos,
            TrainOnEot = set.End("train_on_eot") ?? eos,
            EotTokens = Strings(config.Take("eot_tokens")),
            FieldTraining = set.Text("message_field_training"),
            FieldTrainingDetail = set.Text("message_field_training_detail"),
            SplitThinking = set.Flag("split_thinking"),
            DropSystemMessage = set.Flag("drop_system_message"),
            FieldMessages = set.Text("field_messages") ?? "messages",
            FieldTools = set.Text("field_tools") ?? "tools",
            FieldSystem = set.Text("field_system") ?? "system",
            ThinkingKey = set.Text("template_thinking_key") ?? "reasoning_content",
            Properties = set.Properties(),
            Roles = set.Roles(),
            Variables = config.Take("chat_template_kwargs") as JsonFields,
            Template = set.Template(),
            SequenceLength = config.Number("sequence_len") ?? 512,
            Excess = config.Text("excess_length_strategy") ?? "drop",
            Data = [.. list.OfType<JsonFields>().Select(one => one.Text("path")).OfType<string>()],
        };
        config.Ignore(["base_model", "sample_packing", "pad_to_sequence_len", "eval_sample_packing", "test_datasets"]);
        return settings;
    }

    /// <summary>A list of texts; null where there is none.</summary>
    public static IReadOnlyList<string>? Strings(object? list) =>
        list is List<object?> array ? [.. array.Select(item => RowTree.Text(item) ?? "")] : null;
}
