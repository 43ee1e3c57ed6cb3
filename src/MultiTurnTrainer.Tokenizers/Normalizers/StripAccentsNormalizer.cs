using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary><c>StripAccents</c>: drops the combining marks that Unicode 9.0 knows; decomposes nothing.</summary>
internal sealed class StripAccentsNormalizer : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target) =>
        ScalarFilter.Keep(source, piece, target, static c => !UnicodeData.Set("strip_accents").Contains(c));
}
