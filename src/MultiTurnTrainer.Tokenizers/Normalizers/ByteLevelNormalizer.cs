using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary><c>ByteLevel</c>: bytes become letters of the byte-level alphabet.</summary>
internal sealed class ByteLevelNormalizer : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target) =>
        ByteAlphabet.Rewrite(source, piece, target);
}
