using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Python's ways to cut and join texts; what is kept keeps its origin.</summary>
internal static class TextParts
{
    /// <summary>str.strip(), lstrip() and rstrip().</summary>
    public static StrValue Strip(StrValue value, Value? characters, bool left, bool right)
    {
        string text = value.Text;
        string? set = characters switch
        {
            null or NoneValue => null,
            StrValue s => s.Text,
            _ => throw TemplateException.Type($"strip arg must be None or str, not {characters.TypeName}"),
        };
        int from = 0;
        int to = text.Length;
        int cost = 1 + ((set?.Length ?? 0) / 16);
        while (left && from < to && In(text, from, set, out int width))
        {
            RenderBudget.Spend(cost);
            from += width;
        }

        while (right && to > from)
        {
            RenderBudget.Spend(cost);
            int last =
                to - 2 >= from && char.IsLowSurrogate(text[to - 1]) && char.IsHighSurrogate(text[to - 2])
                    ? to - 2
                    : to - 1;
            if (!In(text, last, set, out _))
            {
                break;
            }

            to = last;
        }

        return value.Sub(from, to - from);
    }

    /// <summary>str.split() and rsplit().</summary>
    public static List<Value> Split(StrValue value, Value? separator, long limit, bool fromRight)
    {
        if (!Arg.Given(separator))
        {
            return SplitBlanks(value, limit, fromRight);
        }

        string gap = Arg.NeedText(separator, "separator").Text;
        if (gap.Length == 0)
        {
            throw TemplateException.Type("empty separator");
        }

        string text = value.Text;
        List<Value> parts = [];
        if (fromRight)
        {
            int end = text.Length;
            while (limit < 0 || parts.Count < limit)
            {
                int at = StrSearch.LastIndexOf(text, gap, end);
                if (at < 0)
                {
                    break;
                }

                RenderBudget.Items(4);
                parts.Add(value.Sub(at + gap.Length, end - at - gap.Length));
                end = at;
            }

            parts.Add(value.Sub(0, end));
            parts.Reverse();
            return parts;
        }

        int from = 0;
        while (limit < 0 || parts.Count < limit)
        {
            int at = StrSearch.IndexOf(text, gap, from);
            if (at < 0)
            {
                break;
            }

            RenderBudget.Items(4);
            parts.Add(value.Sub(from, at - from));
            from = at + gap.Length;
        }

        parts.Add(value.Sub(from, text.Length - from));
        return parts;
    }

    /// <summary>str.splitlines().</summary>
    public static List<StrValue> SplitLines(StrValue value, bool keepEnds)
    {
        string text = value.Text;
        RenderBudget.Spend(text.Length / 4);
        List<StrValue> lines = [];
        int from = 0;
        while (from < text.Length)
        {
            int end = from;
            while (end < text.Length && !Whitespace.EndsLine(text[end]))
            {
                end++;
            }

            int next = end;
            if (end < text.Length)
            {
                next = text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? end + 2 : end + 1;
            }

            RenderBudget.Items(4);
            lines.Add(value.Sub(from, (keepEnds ? next : end) - from));
            from = next;
        }

        return lines;
    }

    /// <summary>str.replace(): inserted text keeps the origin of the argument.</summary>
    public static StrValue Replace(StrValue value, StrValue old, StrValue replacement, long count)
    {
        string text = value.Text;
        string gap = old.Text;
        List<StrValue> parts = [];
        int from = 0;
        if (gap.Length == 0)
        {
            for (int i = 0; i <= text.Length && count != 0; count--)
            {
                RenderBudget.Items(6);
                parts.Add(value.Sub(from, i - from));
                parts.Add(replacement);
                from = i;
                i += i < text.Length ? CodePoints.WidthAt(text, i) : 1;
            }
        }
        else
        {
            for (; count != 0; count--)
            {
                int at = StrSearch.IndexOf(text, gap, from);
                if (at < 0)
                {
                    break;
                }

                RenderBudget.Items(6);
                parts.Add(value.Sub(from, at - from));
                parts.Add(replacement);
                from = at + gap.Length;
            }
        }

        if (from == 0 && parts.Count == 0)
        {
            return value;
        }

        parts.Add(value.Sub(from, text.Length - from));
        return StrValue.Join([.. parts.Where(p => p.Chars > 0)], value.IsMarkup);
    }

    /// <summary>str.center().</summary>
    public static StrValue Center(StrValue value, int width, char fill)
    {
        int missing = width - value.Length;
        if (missing <= 0)
        {
            return value;
        }

        // CPython puts the odd blank on the left when the width is odd.
        int left = (missing / 2) + (missing & width & 1);
        return Pad(value, left, missing - left, fill);
    }

    /// <summary>Puts so many characters on each side.</summary>
    public static StrValue Pad(StrValue value, int left, int right, char fill)
    {
        if (Math.Max(left, 0) + (long)Math.Max(right, 0) > Limits.MaxText)
        {
            throw Limits.TextTooLong();
        }

        RenderBudget.Chars(Math.Max(left, 0) + (long)Math.Max(right, 0));
        return StrValue.Join(
            [
                StrValue.Computed(new string(fill, Math.Max(left, 0))),
                value,
                StrValue.Computed(new string(fill, Math.Max(right, 0))),
            ],
            value.IsMarkup
        );
    }

    private static List<Value> SplitBlanks(StrValue value, long limit, bool fromRight)
    {
        string text = value.Text;
        RenderBudget.Spend(text.Length / 2);
        List<Value> parts = [];
        if (fromRight)
        {
            int end = text.Length;
            while (true)
            {
                while (end > 0 && Whitespace.Is(text[end - 1]))
                {
                    end--;
                }

                if (end == 0)
                {
                    break;
                }

                int start = end;
                bool rest = limit >= 0 && parts.Count >= limit;
                while (start > 0 && (rest || !Whitespace.Is(text[start - 1])))
                {
                    start--;
                }

                parts.Add(value.Sub(start, end - start));
                end = start;
            }

            parts.Reverse();
            return parts;
        }

        int from = 0;
        while (true)
        {
            while (from < text.Length && Whitespace.Is(text[from]))
            {
                from++;
            }

            if (from == text.Length)
            {
                return parts;
            }

            int end = from;
            bool rest = limit >= 0 && parts.Count >= limit;
            while (end < text.Length && (rest || !Whitespace.Is(text[end])))
            {
                end++;
            }

            parts.Add(value.Sub(from, end - from));
            from = end;
        }
    }

    private static bool In(string text, int at, string? set, out int width)
    {
        if (set is null)
        {
            width = 1;
            return Whitespace.Is(text[at]);
        }

        width = CodePoints.WidthAt(text, at);
        return width == 1 ? set.Contains(text[at]) : set.Contains(text.Substring(at, width), StringComparison.Ordinal);
    }
}
