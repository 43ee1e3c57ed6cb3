using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary><c>Nmt</c>: drops control characters, turns other blanks into spaces.</summary>
internal sealed class NmtNormalizer : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target)
    {
        AlignedText kept = new();
        ScalarFilter.Keep(source, piece, kept, static c => !IsControl(c));
        ScalarFilter.Map(kept, new Piece(0, kept.Length, piece.Origin, -1), target, static c => IsBlank(c) ? 0x20 : c);
    }

    private static bool IsControl(int c) =>
        c is (>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or 0x8F or 0x9F;

    private static bool IsBlank(int c) =>
        c
            is 0x09
                or 0x0A
                or 0x0C
                or 0x0D
                or 0x1680
                or (>= 0x200B and <= 0x200F)
                or 0x2028
                or 0x2029
                or 0x2581
                or 0xFEFF
                or 0xFFFD;
}
