using MultiTurnTrainer.Tokenizers.AddedTokens;

namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>
/// What a model folder says about its tokenizer outside the tokenizer's own file: <c>tokenizer_config.json</c>, and for
/// folders of old <c>special_tokens_map.json</c> and <c>added_tokens.json</c>, read as transformers reads them.
/// </summary>
internal sealed class TokenizerConfig
{
    private static readonly string[] Named =
    [
        "bos_token",
        "eos_token",
        "unk_token",
        "sep_token",
        "pad_token",
        "cls_token",
        "mask_token",
        "additional_special_tokens",
        "extra_special_tokens",
    ];

    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);

    /// <summary>Of a tokenizer without a folder.</summary>
    public static TokenizerConfig None { get; } = new();

    /// <summary>
    /// Whether the folder is that of a chat model, in whose texts control tokens are meant. A vocabulary alone is read as
    /// its own library reads it: there they are text.
    /// </summary>
    public bool MeansControlTokens { get; private init; }

    /// <summary>The class that transformers is told to use, or null.</summary>
    public string? TokenizerClass => Text("tokenizer_class");

    /// <summary>The token that begins a text, where one is put there.</summary>
    public string? AddedBos => Flag("add_bos_token") ?? IsLlama ? Token("bos_token")?.Content : null;

    /// <summary>The token that ends a text, where one is put there.</summary>
    public string? AddedEos => Flag("add_eos_token") ?? false ? Token("eos_token")?.Content : null;

    /// <summary>Whether a space is put only before the text, not before what follows a control token.</summary>
    public bool PrefixesFirstOnly => Flag("legacy") == false;

    /// <summary>The tokens that it adds, by rising id.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; private set; } = [];

    /// <summary>The special tokens that it names.</summary>
    public IReadOnlyList<AddedToken> SpecialTokens { get; private set; } = [];

    private bool IsLlama => TokenizerClass?.StartsWith("LlamaTokenizer", StringComparison.Ordinal) ?? false;

    /// <summary>Reads the files of a folder, those that are there.</summary>
    /// <exception cref="MttException">One of them is not what it should be.</exception>
    public static TokenizerConfig Read(string folder)
    {
        string path = Path.Combine(folder, "tokenizer_config.json");
        TokenizerConfig config = new()
        {
            MeansControlTokens = File.Exists(path) || File.Exists(Path.Combine(folder, "chat_template.jinja")),
        };
        config.Merge(path);
        bool declared = config._fields.ContainsKey("added_tokens_decoder");
        if (!declared)
        {
            config.Merge(Path.Combine(folder, "special_tokens_map.json"));
        }

        config.SpecialTokens = [.. Named.SelectMany(config.NamedTokens).DistinctBy(token => token.Content)];
        config.AddedTokens = declared
            ? config.ReadDecoder(path)
            : config.ReadEncoder(Path.Combine(folder, "added_tokens.json"));
        return config;
    }

    private void Merge(string path)
    {
        foreach (JsonProperty field in Fields(path))
        {
            _fields[field.Name] = field.Value;
        }
    }

    private AddedToken[] ReadDecoder(string path)
    {
        List<AddedToken> tokens = [];
        JsonElement list = _fields["added_tokens_decoder"];
        foreach (JsonProperty entry in list.ValueKind == JsonValueKind.Object ? list.EnumerateObject().ToArray() : [])
        {
            string place = $"added_tokens_decoder.{entry.Name}";
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                throw Bad(path, $"{place}: the name must be an id");
            }

            AddedToken token = TokenOf(entry.Value, special: false) ?? throw Bad(path, $"{place}: must have a content");
            tokens.Add(token with { Id = id, Special = token.Special || IsNamed(token.Content) });
        }

        return [.. tokens.OrderBy(token => token.Id)];
    }

    private AddedToken[] ReadEncoder(string path)
    {
        List<AddedToken> tokens = [];
        foreach (JsonProperty entry in Fields(path))
        {
            int id = 0;
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out id) || id < 0)
            {
                throw Bad(path, $"{entry.Name}: must be an id");
            }

            bool special = IsNamed(entry.Name);
            tokens.Add(AddedToken.Control(entry.Name, id) with { Normalized = !special, Special = special });
        }

        return [.. tokens.OrderBy(token => token.Id)];
    }

    private bool IsNamed(string content) => SpecialTokens.Any(token => token.Content == content);

    private IEnumerable<AddedToken> NamedTokens(string name)
    {
        IEnumerable<JsonElement> values = _fields.GetValueOrDefault(name) switch
        {
            { ValueKind: JsonValueKind.Array } list => list.EnumerateArray(),
            { ValueKind: JsonValueKind.Object } group when !group.TryGetProperty("content", out _) => group
                .EnumerateObject()
                .Select(entry => entry.Value),
            var value => [value],
        };
        return values.Select(value => TokenOf(value, special: true)).OfType<AddedToken>();
    }

    private AddedToken? Token(string name) => TokenOf(_fields.GetValueOrDefault(name), special: true);

    // A text, or an object with the flags; null for anything else.
    private static AddedToken? TokenOf(JsonElement value, bool special)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return AddedToken.Control(value.GetString()!) with { Special = special, Normalized = !special };
        }

        if (
            value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("content", out JsonElement content)
            || content.ValueKind != JsonValueKind.String
        )
        {
            return null;
        }

        special |= FlagOf(value, "special") ?? false;
        return new AddedToken(
            content.GetString()!,
            FlagOf(value, "single_word") ?? false,
            FlagOf(value, "lstrip") ?? false,
            FlagOf(value, "rstrip") ?? false,
            FlagOf(value, "normalized") ?? !special,
            special
        );
    }

    private string? Text(string name) =>
        _fields.GetValueOrDefault(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private bool? Flag(string name) => AsFlag(_fields.GetValueOrDefault(name));

    private static bool? FlagOf(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement value) ? AsFlag(value) : null;

    private static bool? AsFlag(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        };

    private static JsonProperty[] Fields(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(InputFile.ReadBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? [.. document.RootElement.Clone().EnumerateObject()]
                : throw Bad(path, "must hold one JSON object");
        }
        catch (JsonException problem)
        {
            throw Bad(path, $"is not JSON: {problem.Message}");
        }
    }

    private static MttException Bad(string path, string what) =>
        new($"{path}: {what}", "Take the file from the model's own repository again.");
}
