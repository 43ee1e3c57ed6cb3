// Folder Loading: from a model's files to a tokenizer.
// Refuses to know: texts to encode.
using MultiTurnTrainer.Tokenizers.AddedTokens;
using MultiTurnTrainer.Tokenizers.Decoders;
using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Normalizers;
using MultiTurnTrainer.Tokenizers.PostProcessors;
using MultiTurnTrainer.Tokenizers.PreTokenizers;

namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>The parts of a tokenizer, as its file describes them.</summary>
internal sealed record TokenizerFile(
    INormalizer? Normalizer,
    IPreTokenizer? PreTokenizer,
    ITokenModel Model,
    IPostProcessor? PostProcessor,
    ITokenDecoder? Decoder,
    AddedVocabulary Added,
    Truncation? Truncation = null,
    Padding? Padding = null
)
{
    /// <summary>What the user should know about this tokenizer.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    private static readonly string[] Sections =
    [
        "version",
        "truncation",
        "padding",
        "added_tokens",
        "normalizer",
        "pre_tokenizer",
        "post_processor",
        "decoder",
    ];

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a tokenizer.json.</summary>
    /// <param name="file">Its content.</param>
    /// <param name="config">What the folder says beside it.</param>
    /// <exception cref="TokenizerFormatException">The file is not valid; the message names the place.</exception>
    /// <exception cref="JsonException">The file is not JSON.</exception>
    public static TokenizerFile Read(ReadOnlySpan<byte> file, TokenizerConfig config)
    {
        if (file.StartsWith(ByteOrderMark))
        {
            throw new TokenizerFormatException("the file begins with a byte order mark, which JSON does not allow");
        }

        Dictionary<string, JsonElement> sections = new(StringComparer.Ordinal);
        ITokenModel? model = null;
        Utf8JsonReader json = new(file);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new TokenizerFormatException("the file must hold one JSON object");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            if (name == "model")
            {
                model = ModelReader.Read(ref json);
            }
            else if (!Sections.Contains(name))
            {
                throw new TokenizerFormatException($"unknown section \"{name}\"");
            }
            else
            {
                sections[name] = JsonElement.ParseValue(ref json);
            }
        }

        // Anything behind the object is an error.
        json.Read();
        model = model ?? throw new TokenizerFormatException("the section \"model\" is missing");
        TokenizerFile tokenizer = Build(sections, model, config);
        return tokenizer with { Warnings = ConfigWarnings.Of(tokenizer, config) };
    }

    private static TokenizerFile Build(
        Dictionary<string, JsonElement> sections,
        ITokenModel model,
        TokenizerConfig config
    )
    {
        if (
            sections.TryGetValue("version", out JsonElement version)
            && !(version.ValueKind == JsonValueKind.String && version.GetString() == "1.0")
        )
        {
            throw new TokenizerFormatException($"version: {version.GetRawText()} is unknown, 1.0 is needed");
        }

        INormalizer? normalizer = Section(sections, "normalizer", NormalizerReader.Read);
        return new TokenizerFile(
            normalizer,
            Section(sections, "pre_tokenizer", PreTokenizerReader.Read),
            model,
            Section(sections, "post_processor", PostProcessorReader.Read),
            Section(sections, "decoder", DecoderReader.Read),
            new AddedVocabulary(ReadAdded(sections), config, model, normalizer),
            Section(sections, "truncation", PostProcessorReader.ReadTruncation),
            Section(sections, "padding", PostProcessorReader.ReadPadding)
        );
    }

    private static T? Section<T>(Dictionary<string, JsonElement> sections, string name, Func<Settings, T> read)
        where T : class =>
        sections.TryGetValue(name, out JsonElement section) && section.ValueKind != JsonValueKind.Null
            ? read(new Settings(section, name))
            : null;

    private static IEnumerable<AddedToken> ReadAdded(Dictionary<string, JsonElement> sections)
    {
        if (!sections.TryGetValue("added_tokens", out JsonElement list))
        {
            yield break;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new TokenizerFormatException("added_tokens: must be a list");
        }

        int index = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            Settings token = new(item, $"added_tokens[{index++}]");
            token.Id("id");
            yield return new AddedToken(
                token.Text("content"),
                token.Flag("single_word"),
                token.Flag("lstrip"),
                token.Flag("rstrip"),
                token.Flag("normalized"),
                token.Flag("special")
            );
        }
    }
}
