namespace MultiTurnTrainer.Tokenizers.Loading.Ranks;

/// <summary>
/// tiktoken's list of tokens: lines of <c>base64 rank</c>. How texts are split, and which special tokens there are, the
/// file does not say: it follows from which list it is.
/// </summary>
internal static class TiktokenFile
{
    /// <summary>Whether a file begins as such a list does.</summary>
    public static bool IsOne(ReadOnlySpan<byte> file)
    {
        int end = file.IndexOf((byte)'\n');
        return end > 0 && TryParse(file[..end], out _, out _);
    }

    /// <summary>Reads a list.</summary>
    /// <param name="file">Its content.</param>
    /// <param name="name">Its name without the extension.</param>
    /// <param name="config">What the folder says.</param>
    /// <exception cref="TokenizerFormatException">A line is not one of such a list.</exception>
    public static TokenizerFile Read(ReadOnlySpan<byte> file, string name, TokenizerConfig config)
    {
        RankedTokens tokens = new();
        int line = 0;
        int count = 0;
        foreach (Range range in file.Split((byte)'\n'))
        {
            line++;
            ReadOnlySpan<byte> text = file[range].TrimEnd((byte)'\r');
            if (text.IsEmpty)
            {
                continue;
            }

            if (!TryParse(text, out byte[] bytes, out int rank))
            {
                throw new TokenizerFormatException($"line {line}: must be a token in base64, a space and its rank");
            }

            tokens.Add(bytes, rank);
            count++;
        }

        TiktokenEncoding? encoding = TiktokenEncoding.Find(name, count);
        TokenizerFile tokenizer = tokens.Build(
            encoding?.Pattern ?? TiktokenEncoding.Cl100kPattern,
            encoding?.SpecialTokens ?? [],
            config
        );
        return encoding is not null ? tokenizer : tokenizer with { Warnings = [Guessed(name, count)] };
    }

    private static string Guessed(string name, int count) =>
        Invariant(
            $"{name}: a list of {count} tokens that mtt does not know; texts are split as cl100k_base splits them. Where the model splits otherwise, use its tokenizer.json"
        );

    private static bool TryParse(ReadOnlySpan<byte> line, out byte[] bytes, out int rank)
    {
        bytes = [];
        rank = -1;
        int space = line.IndexOf((byte)' ');
        if (space < 0 || !Utf8Parser.TryParse(line[(space + 1)..].TrimEnd((byte)'\r'), out rank, out int used))
        {
            return false;
        }

        bytes = new byte[space];
        bool valid = Base64.DecodeFromUtf8(line[..space], bytes, out _, out int written) == default;
        bytes = bytes[..written];
        return valid && rank >= 0 && space + 1 + used == line.TrimEnd((byte)'\r').Length;
    }
}
