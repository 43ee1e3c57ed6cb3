using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Filters on texts.</summary>
internal static class TextFilters
{
    /// <summary>The filters.</summary>
    public static IEnumerable<Builtin> All { get; } =
    [
        new("capitalize", "", (_, a) => TextCase.Capitalize(Arg.Text(a[0]))),
        new("lower", "", (_, a) => TextCase.Lower(Arg.Text(a[0]))),
        new("upper", "", (_, a) => TextCase.Upper(Arg.Text(a[0]))),
        new("title", "", (_, a) => TextCase.JinjaTitle(Arg.Text(a[0]))),
        new("trim", "chars?", (_, a) => TextParts.Strip(Arg.Text(a[0]), a[1], left: true, right: true)),
        new("replace", "old new count?", (r, a) => Replace(r.AutoEscape, a[0]!, a[1]!, a[2]!, a[3])),
        new("format", "*args **kwargs", (_, a) => Format(Arg.Text(a[0]), (ListValue)a[1]!, (DictValue)a[2]!)),
        new("indent", "width? first? blank?", (_, a) => Indent(a[0]!, a[1], Arg.Flag(a[2]), Arg.Flag(a[3]))),
        new("join", "d? attribute?", (r, a) => Join(r.AutoEscape, a[0]!, a[1], a[2])),
        new("center", "width?", (_, a) => TextParts.Center(Arg.Text(a[0]), Arg.Count(a[1], 80), ' ')),
        new("truncate", "length? killwords? end? leeway?", (_, a) => Truncate(a[0]!, a[1], a[2], a[3], a[4])),
        new("wordcount", "", (_, a) => IntValue.Of(WordCount(Arg.Text(a[0]).Text))),
    ];

    private static StrValue Replace(bool escaping, Value value, Value old, Value replacement, Value? count)
    {
        long times = Arg.Given(count) ? Numbers.ToCount(count!, int.MaxValue) : -1;
        if (!escaping)
        {
            // Without autoescape the filter works on str(s): marks are dropped.
            return TextParts.Replace(value.ToStr(), old.ToStr(), replacement.ToStr(), times);
        }

        StrValue text =
            old is StrValue { IsMarkup: true }
            || (replacement is StrValue { IsMarkup: true } && value is not StrValue { IsMarkup: true })
                ? Html.Escape(value)
                : Arg.Text(value);
        StrValue by = text.IsMarkup ? Html.Escape(replacement) : Arg.Text(replacement);
        return TextParts.Replace(text, Arg.Text(old), by, times);
    }

    private static Value Format(StrValue format, ListValue positional, DictValue named)
    {
        if (positional.Length > 0 && named.Length > 0)
        {
            throw TemplateException.Type("can't handle positional and keyword arguments at the same time");
        }

        return PercentFormat.Apply(format, named.Length > 0 ? named : positional);
    }

    private static StrValue Indent(Value value, Value? width, bool first, bool blank)
    {
        StrValue indentation = width is StrValue s
            ? s
            : TextParts.Pad(StrValue.Empty, Arg.Count(width, 4, 1 << 20), 0, ' ');
        if (value is StrValue { IsMarkup: true })
        {
            indentation = indentation.AsMarkup(true);
        }

        StrValue newline = StrValue.Computed("\n").AsMarkup(value is StrValue { IsMarkup: true });
        StrValue text = (StrValue)Operators.Binary('+', value, newline);
        List<StrValue> parts = [];
        bool isFirst = true;
        foreach (StrValue line in TextParts.SplitLines(text, keepEnds: false))
        {
            RenderBudget.Items(6);
            if (!isFirst)
            {
                parts.Add(newline);
                if (blank || line.Chars > 0)
                {
                    parts.Add(indentation);
                }
            }
            else if (first)
            {
                parts.Add(indentation);
            }

            parts.Add(line);
            isFirst = false;
        }

        return StrValue.Join([.. parts], text.IsMarkup);
    }

    private static StrValue Join(bool escaping, Value value, Value? separator, Value? attribute)
    {
        Value between = separator ?? StrValue.Empty;
        AttributePath? path = Arg.Given(attribute) ? new AttributePath(attribute!) : null;
        List<Value> items = Arg.List(value);
        bool markup =
            escaping && (between is StrValue { IsMarkup: true } || items.Exists(i => i is StrValue { IsMarkup: true }));
        StrValue gap = markup ? Html.Escape(between) : between.ToStr();
        List<StrValue> parts = [];
        for (int i = 0; i < items.Count; i++)
        {
            RenderBudget.Items(4);
            if (i > 0 && gap.Chars > 0)
            {
                parts.Add(gap);
            }

            Value item = path is null ? items[i] : path.Get(items[i]);
            parts.Add(markup ? Html.Escape(item) : item.ToStr());
        }

        return parts.Count == 1 ? parts[0] : StrValue.Join([.. parts], markup);
    }

    private static Value Truncate(Value value, Value? length, Value? killWords, Value? end, Value? leeway)
    {
        int limit = Arg.Count(length, 255);
        StrValue tail = end is null ? StrValue.Computed("...") : Arg.NeedText(end, "end");
        int slack = Arg.Given(leeway) ? Arg.Count(leeway, 0) : 5;
        if (limit < tail.Length)
        {
            throw TemplateException.Type($"expected length >= {tail.Length}, got {limit}");
        }

        if (slack < 0)
        {
            throw TemplateException.Type($"expected leeway >= 0, got {slack}");
        }

        if (Arg.Length(value) <= (long)limit + slack)
        {
            return value;
        }

        StrValue kept = (StrValue)
            Arg.NeedText(value, "value").Slice(new SliceBounds(null, IntValue.Of(limit - tail.Length), null));
        if (!Arg.Flag(killWords))
        {
            int space = kept.Text.LastIndexOf(' ');
            kept = space < 0 ? kept : kept.Sub(0, space);
        }

        return Operators.Add(kept, tail);
    }

    private static int WordCount(string text)
    {
        RenderBudget.Spend(text.Length);
        int words = 0;
        bool inside = false;
        for (int i = 0; i < text.Length; i += CodePoints.WidthAt(text, i))
        {
            bool word = TextCase.IsWord(CodePoints.At(text, i));
            words += word && !inside ? 1 : 0;
            inside = word;
        }

        return words;
    }
}
