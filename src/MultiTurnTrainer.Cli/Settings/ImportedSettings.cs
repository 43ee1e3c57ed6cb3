namespace MultiTurnTrainer.Cli.Settings;

/// <summary>What became of one key of another trainer's settings.</summary>
/// <param name="Key">The key, with its place.</param>
/// <param name="Setting">The setting that carries it, such as <c>train.learning_rate</c>; null where none does.</param>
/// <param name="Value">The setting's value as YAML.</param>
/// <param name="Note">What stands for it instead, or why nothing does.</param>
/// <param name="IsReplaced">Whether something in mtt stands for it.</param>
internal sealed record ImportedKey(ForeignKey Key, string? Setting, string Value, string Note, bool IsReplaced);

/// <summary>
/// Another trainer's settings as <c>mtt.yaml</c>: each key is carried, replaced by something else, or listed as without an
/// equivalent. A value is carried only where <c>mtt.yaml</c> takes it.
/// </summary>
internal static class ImportedSettings
{
    /// <summary>The settings that carry a key, by its name; the value is JSON text, null where this value sets nothing.</summary>
    private static readonly Dictionary<string, Func<string, (string Setting, string? Value)>> _carried = new(
        StringComparer.Ordinal
    )
    {
        ["bf16"] = value => ("train.dtype", value == "true" ? "bfloat16" : null),
        ["load_in_4bit"] = value => ("train.quantization", value == "true" ? "nf4" : null),
        ["bnb_4bit_use_double_quant"] = value => ("train.double_quantization", value),
        ["torch_dtype"] = value => ("train.dtype", value),
        ["gradient_checkpointing"] = value => ("train.recompute", value == "true" ? "full" : "off"),
        ["packing"] = value => ("train.packing", value),
        ["sample_packing"] = value => ("train.packing", value),
        ["neat_packing"] = value => ("train.packing", value),
        ["padding_free"] = value => ("train.packing", value),
        ["finetuning_type"] = value => ("train.finetuning_type", value),
        ["adapter"] = value => ("train.finetuning_type", value),
        ["use_peft"] = value => ("train.finetuning_type", value == "true" ? "lora" : "full"),
        ["lora_target"] = value => ("lora.target_modules", Modules(value)),
        ["target_modules"] = value => ("lora.target_modules", Modules(value)),
        ["lora_target_modules"] = value => ("lora.target_modules", Modules(value)),
        ["lora_target_linear"] = value => ("lora.target_modules", value == "true" ? "all-linear" : null),
        ["mask_history"] = value => ("rows.last_only", value),
        ["last_response_only"] = value => ("rows.last_only", value),
        ["loss_scale"] = value =>
            ("rows.last_only", value.Contains("last_round", StringComparison.Ordinal) ? "true" : null),
        ["roles_to_train"] = value => ("rows.roles", value),
        ["eot_tokens"] = value => ("rows.eot", value),
        ["chat_template_kwargs"] = value => ("rows.chat_template_kwargs", value),
        ["enable_thinking"] = value =>
            ("rows.chat_template_kwargs", value == "null" ? null : $"{{enable_thinking: {value}}}"),
        ["max_length"] = value => ("rows.max_length", value),
        ["cutoff_len"] = value => ("rows.max_length", value),
        ["sequence_len"] = value => ("rows.max_length", value),
        ["max_seq_length"] = value => ("rows.max_length", value),
        ["excess_length_strategy"] = value => ("rows.truncation", value == "\"drop\"" ? "drop" : "turns"),
        ["truncation_strategy"] = value => ("rows.truncation", value == "\"delete\"" ? "drop" : "turns"),
        ["truncation_mode"] = _ => ("rows.truncation", "turns"),
    };

    private static readonly Dictionary<string, string> _replaced = new(StringComparer.Ordinal)
    {
        ["type"] = "mtt recognises the format of data itself",
        ["ds_type"] = "mtt recognises the format of data itself",
        ["path"] = "--train, or the input of mtt mask",
        ["field_messages"] = "mtt recognises the format of data itself",
        ["model_type"] = "config.json in the model's folder says it",
        ["template_backend"] = "the model's own template, unmodified",
        ["preserve_thinking"] = "the template decides; mtt mask --expand-turns learns reasoning of earlier turns",
        ["message_field_training"] = "weight, train, training and loss on a message mean the same everywhere",
        ["message_field_training_detail"] = "training_detail on a message",
        ["instruction_part"] = "masks are proven from the template: no markers are needed",
        ["response_part"] = "masks are proven from the template: no markers are needed",
        ["train_on_responses_only"] = "the assistant's own words alone by default",
        ["do_train"] = "mtt train",
    };

    /// <summary>What becomes of every key.</summary>
    public static IReadOnlyList<ImportedKey> Of(ForeignConfig config) => [.. config.Keys.Select(Translate)];

    /// <summary>The file, with what became of every key as comments.</summary>
    public static string ToYaml(ForeignConfig config, IReadOnlyList<ImportedKey> keys)
    {
        StringBuilder yaml = new();
        // A line end in a name would end the comment, and what follows would be a setting.
        string data = Printable.Line(config.Data.Count > 0 ? string.Join(' ', config.Data) : "DATA.jsonl");
        string model = Printable.Line(config.Model ?? "MODEL");
        yaml.Append(
            CultureInfo.InvariantCulture,
            $"# mtt mask {data} --model {model} --output rows.parquet\n# mtt train --model {model} --train rows.parquet --output adapter\n"
        );
        ILookup<string, ImportedKey> carried = keys.Where(key => key.Setting is not null)
            .ToLookup(key => key.Setting!, StringComparer.Ordinal);
        foreach (
            IGrouping<string, string> section in carried.Select(group => group.Key).GroupBy(name => name.Split('.')[0])
        )
        {
            yaml.Append(CultureInfo.InvariantCulture, $"{section.Key}:\n");
            foreach (string setting in section)
            {
                // Two keys for one setting: the first one stands, as the others say the same thing.
                ImportedKey key = carried[setting].First();
                string from = string.Join(", ", carried[setting].Select(one => one.Key.Name));
                yaml.Append(
                    CultureInfo.InvariantCulture,
                    $"  {setting[(section.Key.Length + 1)..]}: {key.Value} # from {Printable.Line(from)}\n"
                );
            }
        }

        Append(yaml, "Replaced:", keys.Where(key => key.Setting is null && key.IsReplaced));
        Append(yaml, "Without an equivalent:", keys.Where(key => key.Setting is null && !key.IsReplaced));
        return yaml.ToString();
    }

    private static void Append(StringBuilder yaml, string title, IEnumerable<ImportedKey> keys)
    {
        ImportedKey[] all = [.. keys];
        if (all.Length > 0)
        {
            yaml.Append("\n# ").Append(title).Append('\n');
        }

        foreach (ImportedKey key in all)
        {
            yaml.Append(Printable.Of($"#   {key.Key.Name}: {key.Key.Value.ReplaceLineEndings(" ")} — {key.Note}"))
                .Append('\n');
        }
    }

    private static ImportedKey Translate(ForeignKey key)
    {
        if (_carried.TryGetValue(key.Name, out Func<string, (string Setting, string? Value)>? carry))
        {
            (string setting, string? value) = carry(key.Value);
            return value is null or "null" or "\"\""
                ? new ImportedKey(key, null, "", $"{setting}: as by default", IsReplaced: true)
                : Carried(key, setting, Plain(value));
        }

        if (_replaced.TryGetValue(key.Name, out string? note))
        {
            return new ImportedKey(key, null, "", note, IsReplaced: true);
        }

        string? same = SettingsSections.Types.Keys.FirstOrDefault(section =>
            section is "train" or "lora"
            && SettingsSections
                .Types[section]
                .GetProperties()
                .Any(property => Naming.SnakeCase(property.Name) == key.Name)
        );
        if (same is not null)
        {
            return Carried(key, $"{same}.{key.Name}", Plain(key.Value));
        }

        ForeignSetting? known = ForeignSettings.Find(key.Name);
        return known is null ? new ImportedKey(key, null, "", "mtt does not know this name", IsReplaced: false)
            : known.Here is null ? new ImportedKey(key, null, "", known.Note ?? "", IsReplaced: false)
            : known.Here.StartsWith("train.", StringComparison.Ordinal)
            || known.Here.StartsWith("lora.", StringComparison.Ordinal)
                ? Carried(key, known.Here, Plain(key.Value))
            : new ImportedKey(
                key,
                null,
                "",
                known.Note is null ? known.Here : $"{known.Here} ({known.Note})",
                IsReplaced: true
            );
    }

    /// <summary>A setting with its value, where <c>mtt.yaml</c> takes it; otherwise what it says against it.</summary>
    private static ImportedKey Carried(ForeignKey key, string setting, string value)
    {
        try
        {
            YamlMappingNode root = [];
            Dictionary<YamlNode, string> flags = new(ReferenceEqualityComparer.Instance);
            new SettingsOverride($"{setting}={value}").Apply(root, flags);
            new SettingsBinder(SettingsFile.DefaultName, flags, SettingsSections.Advice).CheckSections(
                root,
                SettingsSections.Types
            );
            return new ImportedKey(key, setting, value, "", IsReplaced: true);
        }
        catch (MttException problem)
        {
            string said = problem.Message.ReplaceLineEndings(" ");
            return new ImportedKey(key, null, "", $"{setting} does not take it: {said}", IsReplaced: false);
        }
    }

    /// <summary>JSON text as plain YAML: words without quotes.</summary>
    private static string Plain(string value) =>
        value.Length > 2 && value[0] == '"' && value[1..^1].All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            ? value[1..^1]
            : value;

    private static string Modules(string value) =>
        Plain(value) switch
        {
            "all" or "all-linear" => "all-linear",
            { } names when names.Contains(',', StringComparison.Ordinal) && names[0] == '"' => $"[{names[1..^1]}]",
            var other => other,
        };
}
