namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>
/// tiktoken's own cl100k_base: as <see cref="Cl100kScanner{TDigits}"/>, but whitespace that ends the text is one word,
/// newlines in it or not.
/// </summary>
internal readonly struct TiktokenScanner : IWordScanner
{
    /// <summary>The pattern.</summary>
    public const string Pattern =
        @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++\z|\s*[\r\n]|\s+(?!\S)|\s";

    /// <inheritdoc/>
    public static int PartEnd(ref byte text, int length, int at) => length;

    /// <inheritdoc/>
    public static int WordEnd(ref byte text, int length, int at)
    {
        int end = ScalarFlags.RunEnd(ref text, length, at, ScalarFlags.Space);
        return end == length ? end : Cl100kScanner<ThreeDigits>.WordEnd(ref text, length, at);
    }
}
