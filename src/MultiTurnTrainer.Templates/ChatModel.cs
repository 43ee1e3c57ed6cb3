namespace MultiTurnTrainer.Templates;

/// <summary>The chat side of a model folder: its template, its special tokens and the tokens that end an answer.</summary>
public sealed class ChatModel
{
    private static readonly string[] _specialTokens =
    [
        "bos_token",
        "eos_token",
        "unk_token",
        "sep_token",
        "pad_token",
        "cls_token",
        "mask_token",
    ];

    /// <summary>The template for conversations without tools, and with tools where there is no other.</summary>
    public required ChatTemplate Template { get; init; }

    /// <summary>The template named <c>tool_use</c>, when the folder has one.</summary>
    public ChatTemplate? ToolTemplate { get; init; }

    /// <summary>The token that begins a text, or null.</summary>
    public string? BosToken { get; init; }

    /// <summary>The token that ends a text, or null.</summary>
    public string? EosToken { get; init; }

    /// <summary>The tokens that end an answer: the tokenizer's eos and those of <c>generation_config.json</c>.</summary>
    public IReadOnlyList<string> StopTokens { get; init; } = [];

    /// <summary>The special tokens as template variables (<c>pad_token</c>, …).</summary>
    public IReadOnlyDictionary<string, JsonView> SpecialTokens { get; init; } =
        new Dictionary<string, JsonView>(StringComparer.Ordinal);

    /// <summary>Loads a model folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="template">A template file to use instead of the folder's; null uses the folder's.</param>
    /// <param name="name">Which of the folder's templates to use, with and without tools; null for its default.</param>
    /// <exception cref="MttException">Files are missing or unusable, or there is no such template.</exception>
    public static ChatModel Load(string folder, string? template = null, string? name = null)
    {
        InputFile.RequireFolder(folder, "Name a HuggingFace model folder.");
        try
        {
            return Read(folder, template, name);
        }
        catch (InvalidOperationException problem)
        {
            throw new MttException(
                $"{folder}: a text in its JSON files is not valid: {problem.Message}",
                "Download the files again.",
                problem
            );
        }
    }

    private static ChatModel Read(string folder, string? template, string? name)
    {
        JsonView? config = Read(folder, "tokenizer_config.json");
        Dictionary<string, string> templates = template is null
            ? Templates(folder, config)
            : new Dictionary<string, string>(StringComparer.Ordinal) { ["default"] = ReadText(template) };
        string place = template ?? folder;
        string source = Choose(templates, place, name);
        JsonView? map = Read(folder, "special_tokens_map.json");
        Dictionary<string, JsonView> special = new(StringComparer.Ordinal);
        foreach (string key in _specialTokens)
        {
            if ((Token(config, key) ?? Token(map, key)) is { } token)
            {
                special[key] = JsonText.ToView(token);
            }
        }

        string? eos = Token(config, "eos_token") ?? Token(map, "eos_token");
        return new ChatModel
        {
            Template = Parse(source, place),
            ToolTemplate =
                name is null && templates.TryGetValue("tool_use", out string? tools) ? Parse(tools, place) : null,
            BosToken = Token(config, "bos_token") ?? Token(map, "bos_token"),
            EosToken = eos,
            StopTokens = Stops(folder, config, eos),
            SpecialTokens = special,
        };
    }

    /// <summary>Loads a template file without a model.</summary>
    /// <exception cref="MttException">The file is missing or no template.</exception>
    public static ChatModel FromFile(string path) => new() { Template = Parse(ReadText(path), path) };

    /// <summary>The template for a conversation.</summary>
    /// <param name="hasTools">Whether it declares tools.</param>
    public ChatTemplate TemplateFor(bool hasTools) => hasTools && ToolTemplate is not null ? ToolTemplate : Template;

    private static string Choose(Dictionary<string, string> templates, string place, string? name)
    {
        if (templates.Count == 0)
        {
            throw new MttException(
                $"{place}: has no chat template",
                "Give one with --template FILE, or use the model's instruction-tuned variant."
            );
        }

        string chosen = name is null && templates.Count == 1 ? templates.Keys.First() : name ?? "default";
        return templates.GetValueOrDefault(chosen)
            ?? throw new MttException(
                $"{place}: has no chat template named {chosen}, but {string.Join(", ", templates.Keys.Order(StringComparer.Ordinal))}",
                "Choose one with --chat-template-name NAME."
            );
    }

    private static ChatTemplate Parse(string source, string place)
    {
        try
        {
            return ChatTemplate.Parse(source);
        }
        catch (TemplateException problem)
        {
            throw new MttException(
                $"{place}: the chat template cannot be read: {problem.Describe()}",
                "Fix the template at that place, or give another with --template FILE.",
                problem
            );
        }
    }

    private static Dictionary<string, string> Templates(string folder, JsonView? config)
    {
        Dictionary<string, string> templates = new(StringComparer.Ordinal);
        JsonView? declared =
            Member(config, "chat_template") ?? Member(Read(folder, "chat_template.json"), "chat_template");
        switch (declared)
        {
            case { Kind: JsonKind.String } text:
                templates["default"] = text.GetString()!;
                break;
            case { Kind: JsonKind.Array } list:
                foreach (JsonView entry in list.EnumerateArray())
                {
                    if (Text(entry, "name") is { } name && Text(entry, "template") is { } source)
                    {
                        templates[name] = source;
                    }
                }

                break;
        }

        string file = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(file))
        {
            templates["default"] = ReadText(file);
        }

        string more = Path.Combine(folder, "additional_chat_templates");
        if (Directory.Exists(more))
        {
            foreach (string path in Directory.EnumerateFiles(more, "*.jinja").Order(StringComparer.Ordinal))
            {
                templates[Path.GetFileNameWithoutExtension(path)] = ReadText(path);
            }
        }

        return templates;
    }

    private static List<string> Stops(string folder, JsonView? config, string? eos)
    {
        List<string> stops = eos is null ? [] : [eos];
        JsonView? ids =
            Member(Read(folder, "generation_config.json"), "eos_token_id")
            ?? Member(Read(folder, "config.json"), "eos_token_id");
        IEnumerable<JsonView> listed = ids switch
        {
            { Kind: JsonKind.Number } one => [one],
            { Kind: JsonKind.Array } several => several.EnumerateArray(),
            _ => [],
        };
        Lazy<Dictionary<string, string>> added = new(() => AddedTokens(folder));
        foreach (JsonView id in listed)
        {
            string key = id.GetRawText();
            string? token =
                Text(Member(Member(config, "added_tokens_decoder"), key), "content")
                ?? added.Value.GetValueOrDefault(key);
            if (token is not null && !stops.Contains(token))
            {
                stops.Add(token);
            }
        }

        return stops;
    }

    private static Dictionary<string, string> AddedTokens(string folder)
    {
        Dictionary<string, string> tokens = new(StringComparer.Ordinal);
        if (Member(Read(folder, "tokenizer.json"), "added_tokens") is { Kind: JsonKind.Array } added)
        {
            foreach (JsonView token in added.EnumerateArray())
            {
                if (Member(token, "id") is { Kind: JsonKind.Number } id && Text(token, "content") is { } text)
                {
                    tokens[id.GetInt64().ToString(CultureInfo.InvariantCulture)] = text;
                }
            }
        }

        return tokens;
    }

    private static string? Token(JsonView? owner, string name) =>
        Member(owner, name) switch
        {
            { Kind: JsonKind.String } text => text.GetString(),
            { Kind: JsonKind.Object } token => Text(token, "content"),
            _ => null,
        };

    private static string? Text(JsonView? owner, string name) =>
        Member(owner, name) is { Kind: JsonKind.String } text ? text.GetString() : null;

    private static JsonView? Member(JsonView? owner, string name) =>
        owner is { Kind: JsonKind.Object } element && element.TryGetProperty(name, out JsonView value) ? value : null;

    private static JsonView? Read(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonView.Parse(InputFile.ReadBytes(path));
        }
        catch (FormatException problem)
        {
            throw new MttException($"{path}: is not JSON: {problem.Message}", "Download the file again.", problem);
        }
    }

    private static string ReadText(string path) => InputFile.ReadText(path, "Name a chat template file.");
}
