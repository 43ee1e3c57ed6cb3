using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary><c>Strip</c>: whitespace off the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target)
    {
        ReadOnlySpan<byte> text = source.Bytes;
        int start = piece.Start;
        int end = piece.End;
        while (left && start < end && CharClass.IsWhitespace(Utf8.Decode(text, start, out int length)))
        {
            start += length;
        }

        while (right && start < end)
        {
            int before = Utf8.Before(text, end);
            if (!CharClass.IsWhitespace(Utf8.Decode(text, before, out _)))
            {
                break;
            }

            end = before;
        }

        target.Append(source, start, end - start);
    }
}
