using MultiTurnTrainer.Tokenization.Tokenizers.Decoders;
using MultiTurnTrainer.Tokenization.Tokenizers.PreTokenizers;

namespace MultiTurnTrainer.Tokenization.Tokenizers.Loading;

/// <summary>Builds the <c>decoder</c> section.</summary>
internal static class DecoderReader
{
    /// <summary>The decoder that an object describes.</summary>
    /// <exception cref="TokenizerFormatException">The object is not valid.</exception>
    public static ITokenDecoder Read(Settings settings) =>
        settings.Type switch
        {
            "ByteLevel" => ByteLevel(settings),
            "ByteFallback" => new ByteFallbackDecoder(),
            "Fuse" => new FuseDecoder(),
            "Replace" => new ReplaceDecoder(settings.Pattern("pattern"), settings.Text("content")),
            "Strip" => new StripDecoder(settings.Scalar("content"), settings.Number("start"), settings.Number("stop")),
            "Metaspace" => Metaspace(settings),
            "WordPiece" => new WordPieceDecoder(settings.Text("prefix"), settings.Flag("cleanup")),
            "BPEDecoder" => new BpeDecoder(settings.Text("suffix")),
            "CTC" => new CtcDecoder(
                settings.Text("pad_token"),
                settings.Text("word_delimiter_token"),
                settings.Flag("cleanup")
            ),
            "Sequence" => new SequenceDecoder([.. settings.List("decoders").Select(Read)]),
            var other => throw settings.Error($"unknown decoder type {other ?? "(none)"}"),
        };

    private static ByteLevelDecoder ByteLevel(Settings settings)
    {
        settings.Flag("add_prefix_space");
        settings.Flag("trim_offsets");
        return new ByteLevelDecoder();
    }

    private static MetaspaceDecoder Metaspace(Settings settings)
    {
        MetaspacePreTokenizer described = PreTokenizerReader.Metaspace(settings);
        return new MetaspaceDecoder(described.Mark, described.Scheme == PrependScheme.Never);
    }
}
