using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary><c>Lowercase</c>: the full mapping of every scalar by itself; no final sigma.</summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target)
    {
        ReadOnlySpan<byte> text = source.Bytes;
        for (int at = piece.Start; at < piece.End; )
        {
            int scalar = Utf8.Decode(text, at, out int length);
            if (UnicodeData.Lower.TryGetValue(scalar, out int[]? lower))
            {
                // What is inserted shares the range of the scalar it follows, which is this one.
                foreach (int part in lower)
                {
                    target.Append(part, source.Starts[at], source.Ends[at]);
                }
            }
            else
            {
                target.Append(source, at, length);
            }

            at += length;
        }
    }
}
