using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary><c>Sequence</c>: one after the other.</summary>
internal sealed class SequencePreTokenizer(IPreTokenizer[] steps) : IPreTokenizer
{
    /// <summary>The steps in order.</summary>
    public IReadOnlyList<IPreTokenizer> Steps => steps;

    /// <inheritdoc/>
    public void PreTokenize(PieceText text)
    {
        foreach (IPreTokenizer step in steps)
        {
            step.PreTokenize(text);
        }
    }
}
