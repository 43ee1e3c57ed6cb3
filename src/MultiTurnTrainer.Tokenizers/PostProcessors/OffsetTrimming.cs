namespace MultiTurnTrainer.Tokenizers.PostProcessors;

/// <summary>Takes blanks off the offsets of byte-level tokens.</summary>
internal static class OffsetTrimming
{
    private const int SpaceLetter = 0x120;

    /// <summary>Trims every token's offsets by the blanks in its text.</summary>
    public static void Trim(Segment segment, bool addPrefixSpace)
    {
        for (int i = 0; i < segment.Count; i++)
        {
            (int leading, int trailing) = segment.Blanks[i];
            (int start, int end) = segment.Offsets[i];
            if (leading > 0)
            {
                // The one space that was added before the text is not there to be removed.
                bool added = (i == 0 || start == 0) && addPrefixSpace && leading == 1;
                start = Math.Min(start + (added ? 0 : leading), end);
            }

            if (trailing > 0 && end >= trailing)
            {
                end = Math.Max(end - trailing, start);
            }

            segment.Offsets[i] = new TokenOffset(start, end);
        }
    }

    /// <summary>The scalars at both ends of a token that are blank (or the letter of the space byte).</summary>
    public static (int Leading, int Trailing) Count(ReadOnlySpan<byte> token)
    {
        int leading = 0;
        for (int at = 0; at < token.Length; leading++)
        {
            int scalar = Utf8.Decode(token, at, out int length);
            if (!IsBlank(scalar))
            {
                break;
            }

            at += length;
        }

        int trailing = 0;
        for (int at = token.Length; at > 0; trailing++)
        {
            at = Utf8.Before(token, at);
            if (!IsBlank(Utf8.Decode(token, at, out _)))
            {
                break;
            }
        }

        return (leading, trailing);
    }

    private static bool IsBlank(int scalar) => scalar == SpaceLetter || CharClass.IsWhitespace(scalar);
}
