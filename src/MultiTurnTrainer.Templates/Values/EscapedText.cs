namespace MultiTurnTrainer.Templates.Values;

/// <summary>Quotes a text run by run, for <c>repr</c> and JSON.</summary>
internal static class EscapedText
{
    /// <summary>Gives the escape of the character at a position and its width in UTF-16 units, or null.</summary>
    public delegate string? Escaper(string text, int at, out int width);

    /// <summary>Writes quote, text and quote; the quotes belong to the text's first and last run.</summary>
    public static void Write(StrValue value, string quote, TextBuilder target, Escaper escape)
    {
        ReadOnlySpan<StrValue> leaves = value.Leaves();
        StrValue first = leaves[0];
        StrValue last = leaves[^1];
        target.Append(quote, first.Origin ?? Origin.Computed, first.Offset);
        foreach (StrValue leaf in leaves)
        {
            string text = leaf.Text;
            RenderBudget.Spend(text.Length / 2);
            int from = 0;
            for (int at = 0; at < text.Length; )
            {
                string? replacement = escape(text, at, out int width);
                if (replacement is not null)
                {
                    target.Append(leaf.Sub(from, at - from));
                    target.Append(replacement, leaf.Origin ?? Origin.Computed, leaf.Offset + at);
                    from = at + width;
                }

                at += width;
            }

            target.Append(leaf.Sub(from, text.Length - from));
        }

        target.Append(quote, last.Origin ?? Origin.Computed, last.Offset + last.Chars);
    }
}
