namespace MultiTurnTrainer.Audit.Trainers.Swift;

/// <summary>The arguments of ms-swift that change what <c>swift sft</c> trains.</summary>
internal sealed record SwiftSettings
{
    /// <summary>Names by which the arguments are known.</summary>
    public static IReadOnlyList<string> Signs { get; } =
    ["model_type", "loss_scale", "template_backend", "agent_template", "train_type", "truncation_strategy"];

    /// <summary><c>--template</c>.</summary>
    public required string Template { get; init; }

    /// <summary><c>--template_backend jinja</c>.</summary>
    public bool UsesJinja { get; init; }

    /// <summary><c>--loss_scale</c>.</summary>
    public required LossScale LossScale { get; init; }

    /// <summary><c>--max_length</c>; null cuts nothing.</summary>
    public int? MaxLength { get; init; }

    /// <summary><c>--truncation_strategy</c>: <c>delete</c>, <c>left</c>, <c>right</c> or <c>split</c>.</summary>
    public string Truncation { get; init; } = "delete";

    /// <summary><c>--agent_template</c>; null is the template's own.</summary>
    public string? AgentTemplate { get; init; }

    /// <summary><c>--add_non_thinking_prefix</c>.</summary>
    public bool AddsNonThinkingPrefix { get; init; } = true;

    /// <summary><c>preserve_thinking</c>; null follows the template.</summary>
    public bool? PreservesThinking { get; init; }

    /// <summary><c>enable_thinking</c>.</summary>
    public bool? EnablesThinking { get; init; }

    /// <summary><c>--system</c>: replaces the template's default.</summary>
    public string? System { get; init; }

    /// <summary>The files of its data sets.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="MttException">They name a rule that is not written down here.</exception>
    public static SwiftSettings Read(TrainerConfig config)
    {
        string backend = config.Text("template_backend") ?? "swift";
        string truncation = config.Text("truncation_strategy") ?? "delete";
        if (truncation is not ("delete" or "left" or "right" or "split"))
        {
            throw config.Unsupported(
                "truncation_strategy",
                $"is {truncation}",
                "ms-swift knows delete, left, right, split."
            );
        }

        string? template = config.Text("template");
        string? modelType = config.Text("model_type");
        template ??=
            SwiftTemplate.OfModelType(modelType)
            ?? throw config.Unsupported(
                modelType is null ? "template" : "model_type",
                modelType is null ? "is not given" : $"{modelType} is a model whose template is not known here",
                $"Give --template in the settings: one of {string.Join(", ", SwiftTemplate.All.Keys)}."
            );
        config.Ignore([
            "model",
            "val_dataset",
            "split_dataset_ratio",
            "packing",
            "padding_free",
            "use_hf",
            "task_type",
        ]);
        return new SwiftSettings
        {
            Template = template,
            UsesJinja = backend == "jinja",
            LossScale =
                LossScale.Parse(config.Text("loss_scale") ?? "default")
                ?? throw config.Unsupported(
                    "loss_scale",
                    "names a scale that is not known here",
                    "Audit the rows: mtt audit ROWS."
                ),
            MaxLength = config.Number("max_length"),
            Truncation = truncation,
            AgentTemplate = config.Text("agent_template"),
            AddsNonThinkingPrefix = config.Flag("add_non_thinking_prefix") ?? true,
            PreservesThinking = config.Flag("preserve_thinking"),
            EnablesThinking = config.Flag("enable_thinking"),
            System = config.Text("system"),
            Data = Files(config.Take("dataset")),
        };
    }

    // A name may end with #N, the number of rows to take.
    private static IReadOnlyList<string> Files(object? value) =>
        [
            .. (value is List<object?> list ? list.Select(RowTree.Text) : [RowTree.Text(value)])
                .OfType<string>()
                .Select(name => name.Split('#')[0]),
        ];
}
