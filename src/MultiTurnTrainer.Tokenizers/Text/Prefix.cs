namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>Puts a text before a piece; it stands for what the piece's first scalar stands for.</summary>
internal static class Prefix
{
    /// <summary>Appends the prefix and the piece, or nothing when the piece is empty.</summary>
    public static void Write(AlignedText source, Piece piece, AlignedText target, ReadOnlySpan<byte> prefix)
    {
        if (piece.Length == 0)
        {
            return;
        }

        int first = Utf8.LengthOf(source.Bytes[piece.Start]);
        int last = piece.Start + first - 1;
        if (prefix.IsEmpty)
        {
            // The reference treats the first scalar as inserted at the very beginning here.
            target.Append(source.Bytes.Slice(piece.Start, first), piece.Origin, piece.Origin);
        }
        else
        {
            target.Append(prefix, source.Starts[piece.Start], source.Ends[piece.Start]);
            target.Append(source.Bytes.Slice(piece.Start, first), source.Starts[last], source.Ends[last]);
        }

        target.Append(source, piece.Start + first, piece.Length - first);
    }
}
