using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary><c>NFC</c>, <c>NFD</c>, <c>NFKC</c>, <c>NFKD</c>.</summary>
internal sealed class FormNormalizer(bool compose, bool compatibility) : INormalizer
{
    /// <summary>Whether this is NFC.</summary>
    public bool IsNfc => compose && !compatibility;

    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target)
    {
        if (IsNfc)
        {
            Compose(source, piece, target);
            return;
        }

        Rewrite(source, piece, target);
    }

    // NFC changes little: only the parts that it may change are looked at.
    private void Compose(AlignedText source, Piece piece, AlignedText target)
    {
        ReadOnlySpan<byte> text = source.Bytes.Slice(piece.Start, piece.Length);
        int at = 0;
        while (NormalizationForms.NextUnstable(text, at, out int end) is var start and >= 0)
        {
            target.Append(source, piece.Start + at, start - at);
            Rewrite(source, piece with { Start = piece.Start + start, Length = end - start }, target);
            at = end;
        }

        target.Append(source, piece.Start + at, piece.Length - at);
    }

    private void Rewrite(AlignedText source, Piece piece, AlignedText target)
    {
        ReadOnlySpan<byte> text = source.Bytes.Slice(piece.Start, piece.Length);
        List<ScalarChange> scalars = new(text.Length);
        NormalizationForms.Decompose(text, compatibility, scalars);
        if (compose)
        {
            List<ScalarChange> composed = new(scalars.Count);
            NormalizationForms.Compose(scalars, composed, []);
            scalars = composed;
        }

        Rewriter writer = new(source, piece, target);
        foreach (ScalarChange next in scalars)
        {
            writer.Write(next.Scalar, next.Change);
        }
    }
}
