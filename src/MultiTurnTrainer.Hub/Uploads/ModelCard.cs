namespace MultiTurnTrainer.Hub.Uploads;

/// <summary>What a model card says of an adapter or a merged model.</summary>
public sealed record ModelCard
{
    /// <summary>The repository it stands in.</summary>
    public required string Id { get; init; }

    /// <summary>The base's name on the hub.</summary>
    public required string Base { get; init; }

    /// <summary>The base's commit; null where it is not known.</summary>
    public string? BaseCommit { get; init; }

    /// <summary>Whether it is an adapter; otherwise a whole model.</summary>
    public required bool IsAdapter { get; init; }

    /// <summary>The licence, by the hub's short name; null where it is not known.</summary>
    public string? Licence { get; init; }

    /// <summary>Datasets of the hub it was trained on.</summary>
    public IReadOnlyList<string> Datasets { get; init; } = [];

    /// <summary>Files it was trained on: name and SHA-256.</summary>
    public IReadOnlyList<(string Name, string Hash)> Data { get; init; } = [];

    /// <summary>How conversations became rows: setting and value. Nothing stands for the defaults.</summary>
    public IReadOnlyList<(string Name, string Value)> Rows { get; init; } = [];

    /// <summary>How it was trained: setting and value.</summary>
    public IReadOnlyList<(string Name, string Value)> Training { get; init; } = [];

    /// <summary>What was measured.</summary>
    public IReadOnlyList<(string Name, string Value)> Metrics { get; init; } = [];

    /// <summary>The card as the hub reads it.</summary>
    public string Write()
    {
        StringBuilder text = new("---\n");
        text.Append(CultureInfo.InvariantCulture, $"base_model: {Quote(Base)}\n");
        text.Append(CultureInfo.InvariantCulture, $"base_model_relation: {(IsAdapter ? "adapter" : "finetune")}\n");
        text.Append(CultureInfo.InvariantCulture, $"library_name: {(IsAdapter ? "peft" : "transformers")}\n");
        text.Append("pipeline_tag: text-generation\n");
        if (Licence is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"license: {Quote(Licence)}\n");
        }

        AppendList(text, "datasets", Datasets);
        AppendList(text, "tags", IsAdapter ? ["lora", "mtt", $"base_model:adapter:{Base}"] : ["mtt"]);
        text.Append("---\n\n");
        text.Append(CultureInfo.InvariantCulture, $"# {Id.Split('/')[^1]}\n\n");
        string kind = IsAdapter ? "A LoRA adapter for" : "A model fine-tuned from";
        text.Append(
            CultureInfo.InvariantCulture,
            $"{kind} [{Base}](https://huggingface.co/{Base}){(BaseCommit is null ? "" : $" at commit `{BaseCommit}`")}, made with mtt {Manifest.ToolVersion}.\n"
        );
        AppendTable(text, "Data", ("file", "SHA-256"), Data);
        text.Append("\n## Mask and context\n\n");
        text.Append("Only the words of the assistant and the stop token of each answer were trained on");
        text.Append(
            Rows.Count == 0
                ? ", whole conversations, nothing shortened or left out.\n"
                : "; settings that differ from the defaults:\n"
        );
        AppendTable(text, null, ("setting", "value"), Rows);
        AppendTable(text, "Training", ("setting", "value"), Training);
        AppendTable(text, "Metrics", ("measure", "value"), Metrics);
        return text.ToString();
    }

    private static void AppendList(StringBuilder text, string name, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}:\n");
            foreach (string value in values)
            {
                text.Append(CultureInfo.InvariantCulture, $"- {Quote(value)}\n");
            }
        }
    }

    private static void AppendTable(
        StringBuilder text,
        string? title,
        (string, string) heads,
        IReadOnlyList<(string Name, string Value)> rows
    )
    {
        if (rows.Count == 0)
        {
            return;
        }

        text.Append(title is null ? "\n" : $"\n## {title}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"| {heads.Item1} | {heads.Item2} |\n|---|---|\n");
        foreach ((string name, string value) in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Escape(name)} | {Escape(value)} |\n");
        }
    }

    // Plain where YAML reads it plainly.
    private static string Quote(string value) =>
        Regex.IsMatch(value, @"^[A-Za-z][\w./-]*\z") ? value : JsonText.AsciiLine(value);

    private static string Escape(string value) =>
        value.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
