using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary><c>Prepend</c>: a text before everything that is not empty.</summary>
internal sealed class PrependNormalizer(byte[] prefix) : INormalizer
{
    /// <summary>Whether U+2581 is what is put there.</summary>
    public bool IsMark => prefix.AsSpan().SequenceEqual("▁"u8);

    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target) =>
        Prefix.Write(source, piece, target, prefix);
}
