using MultiTurnTrainer.Tokenizers.Loading;
using MultiTurnTrainer.Tokenizers.Loading.Ranks;
using MultiTurnTrainer.Tokenizers.Loading.SentencePiece;

namespace MultiTurnTrainer.Tokenizers;

/// <summary>Where a tokenizer comes from: finds the file of a model folder, and reads a file by its kind.</summary>
internal static class TokenizerSource
{
    private static readonly string[] Names =
    [
        "tokenizer.json",
        "tekken.json",
        "tokenizer.model",
        "spiece.model",
        "sentencepiece.bpe.model",
    ];

    private static readonly string[] Patterns = ["*.tiktoken", "tokenizer.model.*"];

    /// <summary>The file of a folder's tokenizer, or null where there is none, or several whose names do not decide.</summary>
    public static string? FileOf(string folder)
    {
        string? named = Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        return named
            ?? Patterns
                .Select(pattern => Directory.EnumerateFiles(folder, pattern).Take(2).ToArray())
                .FirstOrDefault(files => files.Length == 1)
                ?[0];
    }

    /// <summary>Reads a tokenizer.</summary>
    /// <exception cref="TokenizerFormatException">The file is not valid; the message names the place.</exception>
    /// <exception cref="System.Text.Json.JsonException">The file should be JSON and is not.</exception>
    public static TokenizerFile Read(string path, TokenizerConfig config)
    {
        byte[] file = InputFile.ReadBytes(path);
        string name = Path.GetFileName(path);
        if (name.EndsWith(".json", StringComparison.Ordinal))
        {
            return name.StartsWith("tekken", StringComparison.Ordinal)
                ? TekkenFile.Read(file, config)
                : TokenizerFile.Read(file, config);
        }

        if (name.EndsWith(".tiktoken", StringComparison.Ordinal) || TiktokenFile.IsOne(file))
        {
            return TiktokenFile.Read(file, Path.GetFileNameWithoutExtension(path), config);
        }

        return name.Contains(".model", StringComparison.Ordinal)
            ? SentencePieceLoader.Load(SentencePieceModel.Read(file), config)
            : TokenizerFile.Read(file, config);
    }
}
