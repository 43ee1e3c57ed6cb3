using MultiTurnTrainer.Tokenizers.Decoders;
using MultiTurnTrainer.Tokenizers.PreTokenizers;

namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>Builds the <c>decoder</c> section.</summary>
internal static class DecoderReader
{
    private static readonly string[] Kinds =
    [
        "BPEDecoder",
        "ByteLevel",
        "WordPiece",
        "Metaspace",
        "CTC",
        "Sequence",
        "Replace",
        "Fuse",
        "Strip",
        "ByteFallback",
    ];

    /// <summary>The decoder that an object describes.</summary>
    /// <exception cref="TokenizerFormatException">The object is not valid.</exception>
    public static ITokenDecoder Read(Settings settings) =>
        (settings.TypeAmong(Kinds) ?? Infer(settings)) switch
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
            _ => throw settings.Error($"unknown decoder type {settings.Type ?? "(none)"}"),
        };

    // Old files have no type; the first kind whose fields are there counts.
    private static string? Infer(Settings settings) =>
        settings.Has("suffix") ? "BPEDecoder"
        : settings.Has("prefix") && settings.Has("cleanup") ? "WordPiece"
        : settings.Has("pad_token") && settings.Has("word_delimiter_token") && settings.Has("cleanup") ? "CTC"
        : settings.Has("pattern") && settings.Has("content") ? "Replace"
        : settings.Has("content") && settings.Has("start") && settings.Has("stop") ? "Strip"
        : null;

    private static ByteLevelDecoder ByteLevel(Settings settings)
    {
        settings.Flag("add_prefix_space");
        settings.Flag("trim_offsets");
        settings.Flag("use_regex", true);
        return new ByteLevelDecoder();
    }

    private static MetaspaceDecoder Metaspace(Settings settings)
    {
        MetaspacePreTokenizer described = PreTokenizerReader.Metaspace(settings);
        return new MetaspaceDecoder(described.Mark, described.Scheme == PrependScheme.Never);
    }
}
