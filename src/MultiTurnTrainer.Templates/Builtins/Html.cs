using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>markupsafe's <c>escape</c>.</summary>
internal static class Html
{
    /// <summary>The text, escaped and marked; marked text stays as it is.</summary>
    public static StrValue Escape(Value value)
    {
        StrValue text = Arg.Text(value);
        if (text.IsMarkup)
        {
            return text;
        }

        RenderBudget.Spend(text.Chars / 16);
        if (text.Text.AsSpan().IndexOfAny("&<>'\"") < 0)
        {
            return text.AsMarkup(true);
        }

        List<StrValue> parts = [];
        foreach (StrValue leaf in text.Leaves())
        {
            RenderBudget.Mapped(leaf.Chars / 2);
            int from = 0;
            for (int i = 0; i < leaf.Chars; i++)
            {
                string? escape = leaf.Text[i] switch
                {
                    '&' => "&amp;",
                    '<' => "&lt;",
                    '>' => "&gt;",
                    '\'' => "&#39;",
                    '"' => "&#34;",
                    _ => null,
                };
                if (escape is not null)
                {
                    RenderBudget.Items(12);
                    parts.Add(leaf.Sub(from, i - from));
                    parts.Add(new StrValue(escape, leaf.Origin, leaf.Offset + i));
                    from = i + 1;
                }
            }

            parts.Add(leaf.Sub(from, leaf.Chars - from));
        }

        return StrValue.Join([.. parts.Where(p => p.Chars > 0)], markup: true);
    }
}
