namespace MultiTurnTrainer.Audit.Trainers.LlamaFactory;

/// <summary>What <c>dataset_info.json</c> says of a data set: its form, and what it calls columns and roles.</summary>
internal sealed record LlamaFactoryColumns
{
    /// <summary><c>formatting</c>: <c>alpaca</c>, <c>sharegpt</c> or <c>openai</c>.</summary>
    public string Formatting { get; init; } = "alpaca";

    /// <summary>The names of columns, by LLaMA-Factory's own name for them.</summary>
    public required IReadOnlyDictionary<string, string?> Columns { get; init; }

    /// <summary>The names of keys and roles in messages.</summary>
    public required IReadOnlyDictionary<string, string?> Tags { get; init; }

    private static readonly Dictionary<string, string?> _columns = new(StringComparer.Ordinal)
    {
        ["prompt"] = "instruction",
        ["query"] = "input",
        ["response"] = "output",
        ["history"] = null,
        ["messages"] = "conversations",
        ["system"] = null,
        ["tools"] = null,
    };

    private static readonly Dictionary<string, string?> _tags = new(StringComparer.Ordinal)
    {
        ["role_tag"] = "from",
        ["content_tag"] = "value",
        ["user_tag"] = "human",
        ["assistant_tag"] = "gpt",
        ["observation_tag"] = "observation",
        ["function_tag"] = "function_call",
        ["system_tag"] = "system",
    };

    /// <summary>Reads what the settings' data sets are.</summary>
    /// <exception cref="MttException"><c>dataset_info.json</c> is missing or does not know a data set.</exception>
    public static (LlamaFactoryColumns Columns, IReadOnlyList<string> Data) Read(TrainerConfig config)
    {
        string folder = config.Beside(config.Text("dataset_dir") ?? "data");
        string[] names = config.Take("dataset") switch
        {
            null => [],
            List<object?> list => [.. list.Select(name => RowTree.Text(name) ?? "")],
            { } one => (RowTree.Text(one) ?? "").Split(
                ',',
                StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
            ),
        };
        if (names.Length == 0)
        {
            throw config.Unsupported("dataset", "names no data set", "LLaMA-Factory trains on what is named there.");
        }

        // Settings that lie in a folder of their own name the data from where the trainer is started.
        string file = Path.Combine(folder, "dataset_info.json");
        if (!File.Exists(file))
        {
            string above = Path.Combine(config.Beside(".."), "dataset_info.json");
            file = File.Exists(above) ? above : file;
        }

        string text = InputFile.ReadText(
            file,
            "dataset_dir names the folder of dataset_info.json, from the settings' own folder."
        );
        JsonFields info =
            (RowTree.TryParse(text, out object? parsed) ? parsed as JsonFields : null)
            ?? throw new MttException($"{file}: holds no data sets", "Take LLaMA-Factory's own file.");
        JsonFields[] sets =
        [
            .. names.Select(name =>
                info.Get(name) as JsonFields
                ?? throw config.Unsupported(
                    "dataset",
                    $"{name} is not in {file}",
                    "LLaMA-Factory would not find it either."
                )
            ),
        ];
        LlamaFactoryColumns columns = Of(sets[0]);
        if (sets.Any(set => !SameRule(set, sets[0])))
        {
            throw config.Unsupported("dataset", "its data sets have different columns", "Audit one at a time.");
        }

        string beside = Path.GetDirectoryName(file)!;
        return (
            columns,
            [.. sets.Select(set => set.Text("file_name")).OfType<string>().Select(name => Path.Combine(beside, name))]
        );
    }

    private static bool SameRule(JsonFields one, JsonFields other) =>
        RowTree.AreEqual(one.Get("formatting"), other.Get("formatting"))
        && RowTree.AreEqual(one.Get("columns"), other.Get("columns"))
        && RowTree.AreEqual(one.Get("tags"), other.Get("tags"));

    private static LlamaFactoryColumns Of(JsonFields set) =>
        new()
        {
            Formatting = set.Text("formatting") ?? "alpaca",
            Columns = Over(_columns, set.Get("columns") as JsonFields),
            Tags = Over(_tags, set.Get("tags") as JsonFields),
        };

    // A section that is given replaces all names of its kind: what it does not name is not there.
    private static Dictionary<string, string?> Over(Dictionary<string, string?> defaults, JsonFields? given) =>
        given is null
            ? defaults
            : defaults.Keys.ToDictionary(name => name, name => given.Text(name), StringComparer.Ordinal);
}
