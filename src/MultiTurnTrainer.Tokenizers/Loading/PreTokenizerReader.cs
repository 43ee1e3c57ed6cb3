using MultiTurnTrainer.Tokenizers.PreTokenizers;

namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>Builds the <c>pre_tokenizer</c> section.</summary>
internal static class PreTokenizerReader
{
    /// <summary>The pre-tokenizer that an object describes.</summary>
    /// <exception cref="TokenizerFormatException">The object is not valid.</exception>
    public static IPreTokenizer Read(Settings settings) =>
        settings.Type switch
        {
            "ByteLevel" => ByteLevel(settings),
            "Split" => new SplitPreTokenizer(
                settings.Pattern("pattern"),
                Behavior(settings, settings.Text("behavior")),
                settings.Flag("invert")
            ),
            "Metaspace" => Metaspace(settings),
            "Digits" => ScalarSplitPreTokenizer.Digits(settings.Flag("individual_digits")),
            "Punctuation" => ScalarSplitPreTokenizer.Punctuation(Behavior(settings, "Isolated")),
            "WhitespaceSplit" => ScalarSplitPreTokenizer.Whitespace(),
            "CharDelimiterSplit" => ScalarSplitPreTokenizer.Delimiter(settings.Scalar("delimiter")),
            "Whitespace" => new WhitespacePreTokenizer(),
            "BertPreTokenizer" => new BertPreTokenizer(),
            "UnicodeScripts" => new UnicodeScriptsPreTokenizer(),
            "FixedLength" => new FixedLengthPreTokenizer(Positive(settings, "length", 5)),
            "Sequence" => new SequencePreTokenizer([.. settings.List("pretokenizers").Select(Read)]),
            var other => throw settings.Error($"unknown pre-tokenizer type {other ?? "(none)"}"),
        };

    /// <summary>A <c>Metaspace</c> object, which decoders have too.</summary>
    public static MetaspacePreTokenizer Metaspace(Settings settings)
    {
        PrependScheme scheme = settings.Text("prepend_scheme", "always") switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw settings.Error($"unknown prepend_scheme \"{other}\""),
        };
        if (settings.OptionalFlag("add_prefix_space") == false && scheme != PrependScheme.Never)
        {
            throw settings.Error("add_prefix_space does not match declared prepend_scheme");
        }

        settings.OptionalText("str_rep");
        return new MetaspacePreTokenizer(
            settings.Scalar("replacement"),
            scheme,
            settings.OptionalFlag("split") ?? true
        );
    }

    private static ByteLevelPreTokenizer ByteLevel(Settings settings)
    {
        // The offsets' trimming is the post-processor's affair, but the field must be there.
        settings.Flag("trim_offsets");
        return new ByteLevelPreTokenizer(settings.Flag("add_prefix_space"), settings.Flag("use_regex", true));
    }

    private static SplitBehavior Behavior(Settings settings, string otherwise) =>
        settings.Text("behavior", otherwise) switch
        {
            "Removed" => SplitBehavior.Removed,
            "Isolated" => SplitBehavior.Isolated,
            "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
            "MergedWithNext" => SplitBehavior.MergedWithNext,
            "Contiguous" => SplitBehavior.Contiguous,
            var other => throw settings.Error($"unknown behavior \"{other}\""),
        };

    private static int Positive(Settings settings, string name, int otherwise)
    {
        int value = settings.Number(name, otherwise);
        return value > 0 ? value : throw settings.Error($"{name} must not be 0");
    }
}
