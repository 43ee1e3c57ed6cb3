using MultiTurnTrainer.Tokenizers.Normalizers;

namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>Builds the <c>normalizer</c> section.</summary>
internal static class NormalizerReader
{
    private static readonly string[] Kinds =
    [
        "BertNormalizer",
        "Strip",
        "StripAccents",
        "NFC",
        "NFD",
        "NFKC",
        "NFKD",
        "Sequence",
        "Lowercase",
        "Nmt",
        "Precompiled",
        "Replace",
        "Prepend",
        "ByteLevel",
    ];

    /// <summary>The normalizer that an object describes.</summary>
    /// <exception cref="TokenizerFormatException">The object is not valid.</exception>
    public static INormalizer Read(Settings settings) =>
        (settings.TypeAmong(Kinds) ?? Infer(settings)) switch
        {
            "NFC" => new FormNormalizer(compose: true, compatibility: false),
            "NFD" => new FormNormalizer(compose: false, compatibility: false),
            "NFKC" => new FormNormalizer(compose: true, compatibility: true),
            "NFKD" => new FormNormalizer(compose: false, compatibility: true),
            "Lowercase" => new LowercaseNormalizer(),
            "StripAccents" => new StripAccentsNormalizer(),
            "Nmt" => new NmtNormalizer(),
            "ByteLevel" => new ByteLevelNormalizer(),
            "Strip" => new StripNormalizer(settings.Flag("strip_left"), settings.Flag("strip_right")),
            "Prepend" => new PrependNormalizer(Utf8.GetBytes(settings.Text("prepend"))),
            "Replace" => new ReplaceNormalizer(settings.Pattern("pattern"), Utf8.GetBytes(settings.Text("content"))),
            "Precompiled" => Precompiled(settings),
            "BertNormalizer" => new BertNormalizer(
                settings.Flag("clean_text"),
                settings.Flag("handle_chinese_chars"),
                settings.OptionalFlag("strip_accents"),
                settings.Flag("lowercase")
            ),
            "Sequence" => new SequenceNormalizer([.. settings.List("normalizers").Select(Read)]),
            _ => throw settings.Error($"unknown normalizer type {settings.Type ?? "(none)"}"),
        };

    // Old files have no type; the first kind whose fields are there counts.
    private static string? Infer(Settings settings) =>
        settings.Has("clean_text") && settings.Has("handle_chinese_chars") && settings.Has("lowercase")
            ? "BertNormalizer"
        : settings.Has("strip_left") && settings.Has("strip_right") ? "Strip"
        : settings.Has("normalizers") ? "Sequence"
        : settings.Has("pattern") && settings.Has("content") ? "Replace"
        : settings.Has("prepend") ? "Prepend"
        : null;

    private static PrecompiledNormalizer Precompiled(Settings settings)
    {
        try
        {
            return new PrecompiledNormalizer(
                new CharacterMap(Convert.FromBase64String(settings.Text("precompiled_charsmap")))
            );
        }
        catch (Exception problem) when (problem is FormatException or InvalidDataException)
        {
            throw settings.Error($"precompiled_charsmap: {problem.Message}");
        }
    }
}
