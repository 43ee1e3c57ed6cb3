using MultiTurnTrainer.Tokenization.Tokenizers.Text;
using MultiTurnTrainer.Tokenization.Unicode;

namespace MultiTurnTrainer.Tokenization.Tokenizers.Normalizers;

/// <summary><c>NFC</c>, <c>NFD</c>, <c>NFKC</c>, <c>NFKD</c>.</summary>
internal sealed class FormNormalizer(bool compose, bool compatibility) : INormalizer
{
    /// <summary>Whether this is NFC.</summary>
    public bool IsNfc => compose && !compatibility;

    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target)
    {
        ReadOnlySpan<byte> text = source.Bytes.Slice(piece.Start, piece.Length);
        if (IsNfc && NormalizationForms.IsSurelyNfc(text))
        {
            target.Append(source, piece.Start, piece.Length);
            return;
        }

        List<ScalarChange> scalars = new(text.Length);
        NormalizationForms.Decompose(text, compatibility, scalars);
        if (compose)
        {
            List<ScalarChange> composed = new(scalars.Count);
            NormalizationForms.Compose(scalars, composed);
            scalars = composed;
        }

        Rewriter writer = new(source, piece, target);
        foreach (ScalarChange next in scalars)
        {
            writer.Write(next.Scalar, next.Change);
        }
    }
}
