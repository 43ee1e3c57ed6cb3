namespace MultiTurnTrainer.Audit.Trainers.Axolotl;

/// <summary>The settings of one entry of <c>datasets</c>, over those at the top.</summary>
internal sealed class AxolotlDataset(TrainerConfig config, JsonFields data)
{
    private static readonly string[] _used =
    [
        "type",
        "roles_to_train",
        "train_on_eos",
        "train_on_eot",
        "message_field_training",
        "message_field_training_detail",
        "split_thinking",
        "drop_system_message",
        "field_messages",
        "field_tools",
        "field_system",
        "field_thinking",
        "template_thinking_key",
        "message_property_mappings",
        "message_field_role",
        "message_field_content",
        "roles",
        "chat_template",
        "chat_template_jinja",
    ];

    private static readonly string[] _harmless =
    [
        "path",
        "ds_type",
        "split",
        "name",
        "data_files",
        "shards",
        "shards_idx",
        "preprocess_shards",
        "revision",
        "trust_remote_code",
    ];

    /// <summary>All data sets must be made by one rule, or a part of the rows would be judged by another's.</summary>
    /// <exception cref="MttException">They differ, or name a key that is not known.</exception>
    public void RequireOneRule(List<object?> all)
    {
        foreach (JsonFields other in all.OfType<JsonFields>())
        {
            foreach ((string name, object? _) in other)
            {
                if (!_used.Contains(name) && !_harmless.Contains(name))
                {
                    throw config.Unsupported(
                        "datasets",
                        $"{name} is not known: it may change what is trained",
                        "Leave it out where it does not; or audit the prepared rows: mtt audit ROWS."
                    );
                }
            }

            if (_used.Any(name => !RowTree.AreEqual(other.Get(name), data.Get(name))))
            {
                throw config.Unsupported(
                    "datasets",
                    "its data sets have different rules",
                    "Audit one at a time: a copy of the settings with one data set each."
                );
            }
        }
    }

    public string? Text(string name) => config.TextOf(data.Get(name), $"datasets.{name}");

    public bool Flag(string name) => config.FlagOf(data.Get(name), $"datasets.{name}") ?? false;

    public IReadOnlyList<string>? List(string name) => AxolotlSettings.Strings(data.Get(name));

    public EndTraining? End(string name) =>
        Text(name) switch
        {
            null => null,
            "turn" => EndTraining.Turn,
            "all" => EndTraining.All,
            "last" => EndTraining.Last,
            "none" => EndTraining.None,
            var other => throw config.Unsupported(
                "datasets",
                $"{name} is {other}",
                "Axolotl knows all, turn, last, none."
            ),
        };

    /// <summary>The template's names of properties, and the data's.</summary>
    public IReadOnlyDictionary<string, string> Properties()
    {
        Dictionary<string, string> names = new(StringComparer.Ordinal)
        {
            ["role"] = Text("message_field_role") ?? "role",
            ["content"] = Text("message_field_content") ?? "content",
        };
        if (data.Get("message_property_mappings") is JsonFields { Count: > 0 } mapped)
        {
            foreach ((string name, object? value) in mapped)
            {
                names[name] = RowTree.Text(value) ?? name;
            }
        }
        else
        {
            names[Text("template_thinking_key") ?? "reasoning_content"] = Text("field_thinking") ?? "reasoning_content";
        }

        return names;
    }

    /// <summary>The template's name of each role of the data.</summary>
    public IReadOnlyDictionary<string, string> Roles()
    {
        Dictionary<string, string> roles = new(StringComparer.Ordinal);
        if (data.Get("roles") is JsonFields given)
        {
            foreach ((string role, object? names) in given)
            {
                foreach (string name in AxolotlSettings.Strings(names) ?? [])
                {
                    roles[name] = role;
                }
            }

            return roles;
        }

        (roles["human"], roles["gpt"]) = ("user", "assistant");
        return roles;
    }

    /// <summary>The template's text, where the settings bring one; null is the tokenizer's.</summary>
    public string? Template()
    {
        string? jinja = Text("chat_template_jinja") ?? config.Text("chat_template_jinja");
        string? name = config.Text("chat_template");
        name = Text("chat_template") ?? name;
        if (name == "jinja" || (name is null && jinja is not null))
        {
            string given =
                jinja
                ?? throw config.Unsupported("chat_template", "is jinja, without a chat_template_jinja", "Give one.");
            string file = config.Beside(given);
            return File.Exists(file) ? InputFile.ReadText(file) : given;
        }

        return
            name is null or "tokenizer_default"
            || name.StartsWith("tokenizer_default_fallback_", StringComparison.Ordinal)
            ? null
            : throw config.Unsupported(
                "chat_template",
                $"{name} is a template of Axolotl's own, which mtt does not have",
                "Give its text: chat_template: jinja and chat_template_jinja; or audit the prepared rows: mtt audit ROWS."
            );
    }
}
