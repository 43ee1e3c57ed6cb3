namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary><c>WordPiece</c>: continuation prefixes go, other tokens get a space before them.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : ITokenDecoder
{
    /// <summary>Takes back the spaces that English tokenization puts before punctuation and contractions.</summary>
    public static string CleanUp(string text) =>
        text.Replace(" .", ".", StringComparison.Ordinal)
            .Replace(" ?", "?", StringComparison.Ordinal)
            .Replace(" !", "!", StringComparison.Ordinal)
            .Replace(" ,", ",", StringComparison.Ordinal)
            .Replace(" ' ", "'", StringComparison.Ordinal)
            .Replace(" n't", "n't", StringComparison.Ordinal)
            .Replace(" 'm", "'m", StringComparison.Ordinal)
            .Replace(" do not", " don't", StringComparison.Ordinal)
            .Replace(" 's", "'s", StringComparison.Ordinal)
            .Replace(" 've", "'ve", StringComparison.Ordinal)
            .Replace(" 're", "'re", StringComparison.Ordinal);

    /// <inheritdoc/>
    public List<string> Decode(List<string> parts)
    {
        List<string> result = new(parts.Count);
        foreach (string part in parts)
        {
            string text =
                result.Count == 0 ? part
                : part.StartsWith(prefix, StringComparison.Ordinal) ? part[prefix.Length..]
                : " " + part;
            result.Add(cleanup ? CleanUp(text) : text);
        }

        return result;
    }
}
