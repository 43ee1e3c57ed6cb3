// Folder Normalizers: changes text before it is split, keeping offsets.
// Refuses to know: tokens.
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary>Rewrites a text before it is cut into words.</summary>
internal interface INormalizer
{
    /// <summary>Appends the new form of a piece of <paramref name="source"/> to <paramref name="target"/>.</summary>
    void Normalize(AlignedText source, Piece piece, AlignedText target);
}
