using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Methods that make a text from a text; what is kept keeps its origin.</summary>
internal static class StrEdits
{
    /// <summary><c>replace</c>.</summary>
    public static StrValue Replace(StrValue s, Value old, Value replacement, long count)
    {
        StrValue by = Arg.NeedText(replacement, "replace() argument 2");
        return TextParts.Replace(
            s,
            Arg.NeedText(old, "replace() argument 1"),
            s.IsMarkup ? Html.Escape(by) : by,
            count
        );
    }

    /// <summary><c>removeprefix</c> and <c>removesuffix</c>.</summary>
    public static StrValue Remove(StrValue s, Value affix, bool prefix)
    {
        string text = Arg.NeedText(affix, "argument").Text;
        bool has = prefix
            ? s.Text.StartsWith(text, StringComparison.Ordinal)
            : s.Text.EndsWith(text, StringComparison.Ordinal);
        return !has ? s
            : prefix ? s.Sub(text.Length, s.Chars - text.Length)
            : s.Sub(0, s.Chars - text.Length);
    }

    /// <summary><c>join</c>.</summary>
    public static StrValue Join(StrValue s, Value items)
    {
        if (!items.IsIterable)
        {
            throw TemplateException.Type("can only join an iterable");
        }

        List<StrValue> parts = [];
        int i = 0;
        foreach (Value item in items.Iterate())
        {
            RenderBudget.Items(4);
            if (i > 0)
            {
                parts.Add(s);
            }

            StrValue text =
                item as StrValue
                ?? throw TemplateException.Type($"sequence item {i}: expected str instance, {item.TypeName} found");
            parts.Add(s.IsMarkup ? Html.Escape(text) : text);
            i++;
        }

        return parts.Count == 1 ? parts[0] : StrValue.Join([.. parts], s.IsMarkup);
    }

    /// <summary>The character to pad with.</summary>
    public static char Fill(Value? fill)
    {
        if (fill is null)
        {
            return ' ';
        }

        string text = Arg.NeedText(fill, "fill character").Text;
        return text.Length == 1
            ? text[0]
            : throw TemplateException.Type("The fill character must be exactly one character long");
    }

    /// <summary><c>zfill</c>.</summary>
    public static StrValue ZeroFill(StrValue s, int width)
    {
        int missing = width - s.Length;
        if (missing <= 0)
        {
            return s;
        }

        bool signed = s.Chars > 0 && s.Text[0] is '-' or '+';
        StrValue padded = TextParts.Pad(signed ? s.Sub(1, s.Chars - 1) : s, missing, 0, '0');
        return signed ? StrValue.Concat(s.Sub(0, 1), padded) : padded;
    }

    /// <summary><c>expandtabs</c>.</summary>
    public static StrValue ExpandTabs(StrValue s, int size)
    {
        List<StrValue> parts = [];
        string text = s.Text;
        int column = 0;
        int from = 0;
        RenderBudget.Spend(text.Length / 2);
        for (int i = 0; i < text.Length; i += CodePoints.WidthAt(text, i))
        {
            if (text[i] == '\t')
            {
                RenderBudget.Chars(Math.Max(size, 0));
                RenderBudget.Items(12);
                parts.Add(s.Sub(from, i - from));
                int blanks = size > 0 ? size - (column % size) : 0;
                parts.Add(StrValue.Computed(new string(' ', blanks)));
                column += blanks;
                from = i + 1;
            }
            else
            {
                column = text[i] is '\n' or '\r' ? 0 : column + 1;
            }
        }

        parts.Add(s.Sub(from, text.Length - from));
        return StrValue.Join([.. parts], s.IsMarkup);
    }

    /// <summary><c>translate</c>.</summary>
    public static StrValue Translate(StrValue s, Value table)
    {
        List<StrValue> parts = [];
        foreach (Value c in s.Iterate())
        {
            RenderBudget.Items(12);
            StrValue character = (StrValue)c;
            switch (table.GetItem(IntValue.Of(CodePoints.At(character.Text, 0))))
            {
                case null:
                    parts.Add(character);
                    break;
                case NoneValue:
                    break;
                case StrValue text:
                    parts.Add(text);
                    break;
                case IntValue code when code.Small is >= 0 and <= 0x10FFFF and not (>= 0xD800 and <= 0xDFFF):
                    parts.Add(StrValue.Computed(char.ConvertFromUtf32((int)code.Small)));
                    break;
                default:
                    throw TemplateException.Type("character mapping must return integer, None or str");
            }
        }

        return StrValue.Join([.. parts], s.IsMarkup);
    }
}
