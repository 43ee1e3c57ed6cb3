using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary><c>Split</c>: by a pattern; <paramref name="invert"/> swaps matches and gaps.</summary>
internal sealed class SplitPreTokenizer(ITextPattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    /// <summary>What is looked for.</summary>
    public ITextPattern Pattern => pattern;

    /// <summary>What becomes of it.</summary>
    public SplitBehavior Behavior => behavior;

    /// <summary>Whether matches and gaps change places.</summary>
    public bool Invert => invert;

    /// <inheritdoc/>
    public void PreTokenize(PieceText text)
    {
        List<TextMatch> matches = [];
        text.Split(
            (piece, target) =>
            {
                matches.Clear();
                PatternMatches.Find(pattern, text.Text.Bytes.Slice(piece.Start, piece.Length), piece.Start, matches);
                if (invert)
                {
                    for (int i = 0; i < matches.Count; i++)
                    {
                        matches[i] = matches[i] with { IsMatch = !matches[i].IsMatch };
                    }
                }

                Splitter.Split(text, matches, behavior, target);
            }
        );
    }
}
