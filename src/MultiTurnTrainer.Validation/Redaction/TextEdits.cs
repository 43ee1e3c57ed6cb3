namespace MultiTurnTrainer.Validation.Redaction;

/// <summary>Bytes that take the place of others.</summary>
/// <param name="Start">The first byte that goes.</param>
/// <param name="Length">How many go.</param>
/// <param name="With">What comes.</param>
internal readonly record struct TextEdit(int Start, int Length, byte[] With)
{
    public int End => Start + Length;
}

/// <summary>Changes of a UTF-8 text.</summary>
internal static class TextEdits
{
    /// <summary>The text with all changes, which do not overlap.</summary>
    public static byte[] Apply(ReadOnlySpan<byte> text, List<TextEdit> edits)
    {
        edits.Sort((one, other) => one.Start.CompareTo(other.Start));
        ByteBuilder changed = new();
        int at = 0;
        foreach (TextEdit edit in edits)
        {
            changed.Add(text[at..edit.Start]).Add(edit.With);
            at = edit.End;
        }

        return changed.Add(text[at..]).Span.ToArray();
    }

    /// <summary>Where a boundary between characters stands after the changes; null where it lies inside what goes.</summary>
    /// <param name="text">The text before.</param>
    /// <param name="edits">The changes.</param>
    /// <param name="boundary">Characters before it.</param>
    public static int? Move(ReadOnlySpan<byte> text, List<TextEdit> edits, int boundary)
    {
        int moved = boundary;
        foreach (TextEdit edit in edits)
        {
            int start = Characters(text[..edit.Start]);
            int end = start + Characters(text.Slice(edit.Start, edit.Length));
            if (boundary > start && boundary < end)
            {
                return null;
            }

            moved += boundary >= end ? Characters(edit.With) - (end - start) : 0;
        }

        return moved;
    }

    /// <summary>How many Unicode characters a UTF-8 text has.</summary>
    public static int Characters(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        foreach (byte value in utf8)
        {
            count += (value & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }
}
