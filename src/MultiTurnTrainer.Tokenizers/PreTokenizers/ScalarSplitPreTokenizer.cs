using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary>Splits by a property of single scalars: <c>Digits</c>, <c>WhitespaceSplit</c>, <c>Punctuation</c>, <c>CharDelimiterSplit</c>.</summary>
internal sealed class ScalarSplitPreTokenizer(Func<int, bool> isMatch, SplitBehavior behavior) : IPreTokenizer
{
    private static readonly CodePointSet Numeric = UnicodeData.Set("rust_numeric");
    private static readonly CodePointSet PunctuationSet = UnicodeData.Set("bert_punctuation");

    /// <summary><c>Digits</c>: all of category N, of Unicode 17.</summary>
    public static ScalarSplitPreTokenizer Digits(bool individual) =>
        new(Numeric.Contains, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    /// <summary><c>WhitespaceSplit</c>.</summary>
    public static ScalarSplitPreTokenizer Whitespace() => new(CharClass.IsWhitespace, SplitBehavior.Removed);

    /// <summary><c>Punctuation</c>: all of ASCII's, and what Unicode 8 calls punctuation.</summary>
    public static ScalarSplitPreTokenizer Punctuation(SplitBehavior behavior) => new(PunctuationSet.Contains, behavior);

    /// <summary><c>CharDelimiterSplit</c>.</summary>
    public static ScalarSplitPreTokenizer Delimiter(int delimiter) => new(c => c == delimiter, SplitBehavior.Removed);

    /// <inheritdoc/>
    public void PreTokenize(PieceText text)
    {
        List<TextMatch> matches = [];
        text.Split(
            (piece, target) =>
            {
                matches.Clear();
                PatternMatches.Find(isMatch, text.Text.Bytes.Slice(piece.Start, piece.Length), piece.Start, matches);
                Splitter.Split(text, matches, behavior, target);
            }
        );
    }
}
