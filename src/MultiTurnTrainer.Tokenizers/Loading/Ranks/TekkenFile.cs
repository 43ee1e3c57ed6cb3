// Folder Ranks: rank lists: tiktoken and tekken files.
// Refuses to know: SentencePiece, tokenizer.json.
using MultiTurnTrainer.Tokenizers.AddedTokens;

namespace MultiTurnTrainer.Tokenizers.Loading.Ranks;

/// <summary>
/// Mistral's <c>tekken.json</c>: special tokens have the first ids, the ranked tokens the ids behind them, as many as the
/// vocabulary has room for.
/// </summary>
internal static class TekkenFile
{
    // Files without a list of special tokens mean these.
    private static readonly string[] EarlySpecialTokens =
    [
        "<unk>",
        "<s>",
        "</s>",
        "[INST]",
        "[/INST]",
        "[AVAILABLE_TOOLS]",
        "[/AVAILABLE_TOOLS]",
        "[TOOL_RESULTS]",
        "[/TOOL_RESULTS]",
        "[TOOL_CALLS]",
        "[IMG]",
        "<pad>",
        "[IMG_BREAK]",
        "[IMG_END]",
        "[PREFIX]",
        "[MIDDLE]",
        "[SUFFIX]",
        "[SYSTEM_PROMPT]",
        "[/SYSTEM_PROMPT]",
        "[TOOL_CONTENT]",
    ];

    /// <summary>Reads a file.</summary>
    /// <exception cref="TokenizerFormatException">A field is missing or wrong; the message names it.</exception>
    public static TokenizerFile Read(ReadOnlyMemory<byte> file, TokenizerConfig config)
    {
        using JsonDocument json = JsonDocument.Parse(file);
        Settings root = new(json.RootElement, "tekken");
        Settings settings = root.Value("config");
        int special = settings.Number("default_num_special_tokens");
        int limit = settings.Number("default_vocab_size") - special;
        RankedTokens tokens = new();
        foreach (Settings token in root.List("vocab"))
        {
            int rank = token.Id("rank");
            if (rank < limit)
            {
                tokens.Add(Bytes(token), rank + special);
            }
        }

        return tokens.Build(settings.Text("pattern"), SpecialTokens(root, special), config);
    }

    private static byte[] Bytes(Settings token)
    {
        try
        {
            return Convert.FromBase64String(token.Text("token_bytes"));
        }
        catch (FormatException)
        {
            throw token.Error("token_bytes must be base64");
        }
    }

    private static AddedToken[] SpecialTokens(Settings root, int count)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(id => Invariant($"<SPECIAL_{id}>"))];
        if (root.Has("special_tokens"))
        {
            foreach (Settings token in root.List("special_tokens"))
            {
                int rank = token.Id("rank");
                names[rank < count ? rank : throw token.Error("rank is larger than the number of special tokens")] =
                    token.Text("token_str");
            }
        }
        else
        {
            EarlySpecialTokens.AsSpan(0, Math.Min(count, EarlySpecialTokens.Length)).CopyTo(names);
        }

        return [.. names.Select((name, id) => AddedToken.Control(name, id))];
    }
}
