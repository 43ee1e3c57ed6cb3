namespace MultiTurnTrainer.Datasets.Rows.Tokens;

/// <summary>Finds where in a text each token lies by comparing bytes, which at the same time proves that the tokens spell the text.</summary>
internal static class TokenAligner
{
    /// <summary>Aligns the tokens of one text.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="text">The text they were made of.</param>
    /// <param name="table">The bytes of each token.</param>
    /// <param name="output">Receives the tokens with their places.</param>
    /// <param name="insertedSpace">Whether the tokenizer put a space before the first character.</param>
    /// <returns>False when the tokens do not spell the text: a normalizer changed it.</returns>
    public static bool TryAlign(
        ReadOnlySpan<int> ids,
        ReadOnlySpan<byte> text,
        TokenTable table,
        TokenSpans output,
        out bool insertedSpace
    )
    {
        insertedSpace = false;
        int position = 0;
        bool afterAdded = true;
        output.Reserve(ids.Length);
        foreach (int id in ids)
        {
            int start = position;
            int length = table.MatchAt(id, text, start, out bool added);
            if (length > 0 && !added && !afterAdded)
            {
                position = start + length;
                output.AddReserved(id, start, position);
                continue;
            }

            if (length == 0 && !TryMatchLoosely(id, text, table, added, afterAdded, ref start, out length))
            {
                return false;
            }

            insertedSpace |= start == 0 && length < table[id].Length;
            if (start > position && afterAdded && output.Count > 0)
            {
                output.ExtendLast(start);
            }

            position = start + length;

            if (added)
            {
                output.MarkAdded();
            }

            // A prefix space alone stands, as in the reference's offsets, for the character that it was put before.
            output.AddReserved(id, start, length == 0 && start < text.Length ? start + 1 : position);
            afterAdded = added;
        }

        if (position < text.Length && afterAdded && output.Count > 0)
        {
            position = SkipSpace(text, position);
            output.ExtendLast(position);
        }

        return position == text.Length;
    }

    // Whitespace that an added token takes, or a prefix space that stands for no character of the text.
    private static bool TryMatchLoosely(
        int id,
        ReadOnlySpan<byte> text,
        TokenTable table,
        bool added,
        bool afterAdded,
        ref int start,
        out int length
    )
    {
        ReadOnlySpan<byte> bytes = table[id];
        length = bytes.Length;
        if (bytes.IsEmpty || !(added || afterAdded))
        {
            return false;
        }

        if (!added && bytes[0] == (byte)' ' && text[start..].StartsWith(bytes[1..]))
        {
            length--;
            return true;
        }

        int skipped = SkipSpace(text, start);
        if (skipped == start || !text[skipped..].StartsWith(bytes))
        {
            return false;
        }

        start = skipped;
        return true;
    }

    private static int SkipSpace(ReadOnlySpan<byte> text, int position)
    {
        while (position < text.Length)
        {
            System.Text.Rune.DecodeFromUtf8(text[position..], out System.Text.Rune rune, out int length);
            if (!System.Text.Rune.IsWhiteSpace(rune))
            {
                break;
            }

            position += length;
        }

        return position;
    }
}
