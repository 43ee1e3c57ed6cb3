using MultiTurnTrainer.Tokenization.Tokenizers.Normalizers;
using MultiTurnTrainer.Tokenization.Unicode;

namespace MultiTurnTrainer.Tokenization.Tokenizers.Loading;

/// <summary>Builds the <c>normalizer</c> section.</summary>
internal static class NormalizerReader
{
    /// <summary>The normalizer that an object describes.</summary>
    /// <exception cref="TokenizerFormatException">The object is not valid.</exception>
    public static INormalizer Read(Settings settings) =>
        settings.Type switch
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
            "BertNormalizer" or "Bert" => new BertNormalizer(
                settings.Flag("clean_text"),
                settings.Flag("handle_chinese_chars"),
                settings.OptionalFlag("strip_accents"),
                settings.Flag("lowercase")
            ),
            "Sequence" => new SequenceNormalizer([.. settings.List("normalizers").Select(Read)]),
            var other => throw settings.Error($"unknown normalizer type {other ?? "(none)"}"),
        };

    private static PrecompiledNormalizer Precompiled(Settings settings)
    {
        try
        {
            return new PrecompiledNormalizer(Convert.FromBase64String(settings.Text("precompiled_charsmap")));
        }
        catch (Exception problem) when (problem is FormatException or InvalidDataException)
        {
            throw settings.Error($"precompiled_charsmap: {problem.Message}");
        }
    }
}
