using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary><c>BertPreTokenizer</c>: whitespace goes, punctuation stands alone.</summary>
internal sealed class BertPreTokenizer : IPreTokenizer
{
    private static readonly ScalarSplitPreTokenizer Whitespace = ScalarSplitPreTokenizer.Whitespace();
    private static readonly ScalarSplitPreTokenizer Punctuation = ScalarSplitPreTokenizer.Punctuation(
        SplitBehavior.Isolated
    );

    /// <inheritdoc/>
    public void PreTokenize(PieceText text)
    {
        Whitespace.PreTokenize(text);
        Punctuation.PreTokenize(text);
    }
}
