namespace MultiTurnTrainer.Datasets.Rows.Tokens;

/// <summary>
/// Finds where in a text each token lies by comparing bytes, which at the same time proves that the tokens spell the text.
/// </summary>
internal static class TokenAligner
{
    /// <summary>Aligns the tokens of one text.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="text">The text they were made of.</param>
    /// <param name="table">The bytes of each token.</param>
    /// <param name="control">Knows the added tokens, which may take whitespace around them.</param>
    /// <param name="output">Receives the tokens with their places.</param>
    /// <param name="insertedSpace">Whether the tokenizer put a space before the first character.</param>
    /// <returns>False when the tokens do not spell the text: a normalizer changed it.</returns>
    public static bool TryAlign(
        ReadOnlySpan<int> ids,
        ReadOnlySpan<byte> text,
        TokenTable table,
        ControlTokens control,
        TokenSpans output,
        out bool insertedSpace
    )
    {
        insertedSpace = false;
        int position = 0;
        bool afterAdded = true;
        foreach (int id in ids)
        {
            ReadOnlySpan<byte> bytes = table[id];
            bool added = control.IsAdded(id);
            int start = position;
            if (bytes.IsEmpty)
            {
                return false;
            }

            if (!text[position..].StartsWith(bytes))
            {
                if (afterAdded && !added && bytes[0] == (byte)' ' && text[position..].StartsWith(bytes[1..]))
                {
                    // A prefix space that stands for no character of the text.
                    insertedSpace |= position == 0;
                    bytes = bytes[1..];
                }
                else if (added || afterAdded)
                {
                    start = SkipSpace(text, position);
                    if (start == position || !text[start..].StartsWith(bytes))
                    {
                        return false;
                    }

                    if (afterAdded && output.Count > 0)
                    {
                        output.ExtendLast(start);
                    }
                }
                else
                {
                    return false;
                }
            }

            position = start + bytes.Length;
            output.Add(id, start, position);
            afterAdded = added;
        }

        if (position < text.Length && afterAdded && output.Count > 0)
        {
            position = SkipSpace(text, position);
            output.ExtendLast(position);
        }

        return position == text.Length;
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
