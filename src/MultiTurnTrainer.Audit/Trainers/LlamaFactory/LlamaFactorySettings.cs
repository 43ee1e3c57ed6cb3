namespace MultiTurnTrainer.Audit.Trainers.LlamaFactory;

/// <summary>The settings of LLaMA-Factory that change what supervised fine-tuning trains.</summary>
internal sealed record LlamaFactorySettings
{
    /// <summary>Names by which the settings are known.</summary>
    public static IReadOnlyList<string> Signs { get; } =
    ["finetuning_type", "cutoff_len", "dataset_dir", "stage", "mask_history", "template"];

    /// <summary><c>template</c>; null reads the tokenizer's.</summary>
    public string? Template { get; init; }

    /// <summary><c>cutoff_len</c>.</summary>
    public int CutoffLength { get; init; } = 2048;

    /// <summary><c>train_on_prompt</c>.</summary>
    public bool TrainOnPrompt { get; init; }

    /// <summary><c>mask_history</c>.</summary>
    public bool MaskHistory { get; init; }

    /// <summary><c>enable_thinking</c>; null is neither.</summary>
    public bool? EnableThinking { get; init; } = true;

    /// <summary><c>preserve_thinking</c>.</summary>
    public bool PreserveThinking { get; init; }

    /// <summary><c>default_system</c>.</summary>
    public string? DefaultSystem { get; init; }

    /// <summary><c>tool_format</c>.</summary>
    public string? ToolFormat { get; init; }

    /// <summary>Where the data's columns and roles stand.</summary>
    public required LlamaFactoryColumns Columns { get; init; }

    /// <summary>The files of its data sets.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>Reads the settings, and <c>dataset_info.json</c>.</summary>
    /// <exception cref="MttException">They name a rule that is not written down here.</exception>
    public static LlamaFactorySettings Read(TrainerConfig config)
    {
        string stage = config.Text("stage") ?? "sft";
        if (stage != "sft")
        {
            throw config.Unsupported("stage", $"is {stage}", "Only supervised fine-tuning (sft) is reproduced.");
        }

        if (config.Flag("train_on_prompt") == true && config.Flag("mask_history") == true)
        {
            throw config.Unsupported("train_on_prompt", "excludes mask_history", "LLaMA-Factory takes one of them.");
        }

        config.Flag("packing");
        config.Flag("neat_packing");
        bool saysThinking = config.Names.Contains("enable_thinking");
        bool? thinking = config.Flag("enable_thinking");
        (LlamaFactoryColumns columns, IReadOnlyList<string> data) = LlamaFactoryColumns.Read(config);
        config.Ignore(["model_name_or_path", "trust_remote_code", "tokenized_path", "max_samples", "streaming"]);
        return new LlamaFactorySettings
        {
            Template = config.Text("template"),
            CutoffLength = config.Number("cutoff_len") ?? 2048,
            TrainOnPrompt = config.Flag("train_on_prompt") ?? false,
            MaskHistory = config.Flag("mask_history") ?? false,
            EnableThinking = saysThinking ? thinking : true,
            PreserveThinking = config.Flag("preserve_thinking") ?? false,
            DefaultSystem = config.Text("default_system"),
            ToolFormat = config.Text("tool_format"),
            Columns = columns,
            Data = data,
        };
    }
}
