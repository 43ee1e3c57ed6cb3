namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>Rewrites that keep, drop or exchange single scalars.</summary>
internal static class ScalarFilter
{
    /// <summary>Writes the scalars that pass; what is dropped belongs to the kept scalar before it.</summary>
    public static void Keep(AlignedText source, Piece piece, AlignedText target, Func<int, bool> keep)
    {
        Rewriter writer = new(source, piece, target);
        ReadOnlySpan<byte> text = source.Bytes;
        int removed = 0;
        int held = -1;
        for (int at = piece.Start; at < piece.End; )
        {
            int scalar = Utf8.Decode(text, at, out int length);
            at += length;
            if (!keep(scalar))
            {
                removed++;
                continue;
            }

            if (held >= 0)
            {
                writer.Write(held, -removed);
            }
            else
            {
                writer.Skip(removed);
            }

            held = scalar;
            removed = 0;
        }

        if (held >= 0)
        {
            writer.Write(held, -removed);
        }
    }

    /// <summary>Writes every scalar's replacement.</summary>
    public static void Map(AlignedText source, Piece piece, AlignedText target, Func<int, int> map)
    {
        ReadOnlySpan<byte> text = source.Bytes;
        for (int at = piece.Start; at < piece.End; )
        {
            int scalar = Utf8.Decode(text, at, out int length);
            target.Append(map(scalar), source.Starts[at], source.Ends[at]);
            at += length;
        }
    }
}
