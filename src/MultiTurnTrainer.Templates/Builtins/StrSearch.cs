using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Finding texts in texts: positions are code points, ranges are Python's.</summary>
internal static class StrSearch
{
    /// <summary><c>partition</c> and <c>rpartition</c>.</summary>
    public static ListValue Partition(StrValue s, Value separator, bool fromRight)
    {
        string gap = Arg.NeedText(separator, "separator").Text;
        if (gap.Length == 0)
        {
            throw TemplateException.Type("empty separator");
        }

        int at = fromRight
            ? s.Text.LastIndexOf(gap, StringComparison.Ordinal)
            : s.Text.IndexOf(gap, StringComparison.Ordinal);
        if (at < 0)
        {
            StrValue empty = StrValue.Empty.AsMarkup(s.IsMarkup);
            return fromRight ? ListValue.Tuple(empty, empty, s) : ListValue.Tuple(s, empty, empty);
        }

        int after = at + gap.Length;
        return ListValue.Tuple(s.Sub(0, at), s.Sub(at, gap.Length), s.Sub(after, s.Chars - after));
    }

    /// <summary><c>startswith</c> and <c>endswith</c>.</summary>
    public static bool Affix(StrValue s, Value?[] a, bool atStart)
    {
        if (a[1] is UndefinedValue)
        {
            throw TemplateException.Type("first arg must be str or a tuple of str, not Undefined");
        }

        StrValue range = Range(s, a[2], a[3], out _, out bool valid);
        IEnumerable<Value> wanted = a[1] is ListValue { IsTuple: true } tuple ? tuple.Items : [a[1]!];
        foreach (Value affix in wanted)
        {
            string text =
                (affix as StrValue)?.Text
                ?? throw TemplateException.Type($"first arg must be str or a tuple of str, not {affix.TypeName}");
            if (
                valid
                && (
                    atStart
                        ? range.Text.StartsWith(text, StringComparison.Ordinal)
                        : range.Text.EndsWith(text, StringComparison.Ordinal)
                )
            )
            {
                return true;
            }
        }

        return false;
    }

    /// <summary><c>find</c> and <c>rfind</c>: the position, or -1.</summary>
    public static long Find(StrValue s, Value?[] a, bool last)
    {
        string wanted = Arg.NeedText(a[1], "argument").Text;
        StrValue range = Range(s, a[2], a[3], out int from, out bool valid);
        if (!valid)
        {
            return -1;
        }

        int at = last
            ? (wanted.Length == 0 ? range.Chars : range.Text.LastIndexOf(wanted, StringComparison.Ordinal))
            : range.Text.IndexOf(wanted, StringComparison.Ordinal);
        return at < 0 ? -1 : from + CodePoints.Count(range.Text.AsSpan(0, at));
    }

    /// <summary><c>index</c> and <c>rindex</c>.</summary>
    public static IntValue Index(StrValue s, Value?[] a, bool last)
    {
        long at = Find(s, a, last);
        return at < 0 ? throw TemplateException.Type("substring not found") : IntValue.Of(at);
    }

    /// <summary><c>count</c>.</summary>
    public static long Count(StrValue s, Value?[] a)
    {
        string wanted = Arg.NeedText(a[1], "argument").Text;
        StrValue range = Range(s, a[2], a[3], out _, out bool valid);
        if (!valid)
        {
            return 0;
        }

        if (wanted.Length == 0)
        {
            return range.Length + 1;
        }

        long count = 0;
        for (int i = 0; (i = range.Text.IndexOf(wanted, i, StringComparison.Ordinal)) >= 0; i += wanted.Length)
        {
            count++;
        }

        return count;
    }

    private static StrValue Range(StrValue s, Value? start, Value? end, out int from, out bool valid)
    {
        from = 0;
        valid = true;
        if (!Arg.Given(start) && !Arg.Given(end))
        {
            return s;
        }

        int length = s.Length;
        // A start beyond the end finds nothing, not even the empty text.
        long first = Arg.Given(start) && Numbers.TryIndex(start!, out long i) ? i : 0;
        valid = first <= length;
        (from, int count, _) = new SliceBounds(start, end, null).Resolve(length);
        long last = Arg.Given(end) && Numbers.TryIndex(end!, out long j) ? (j < 0 ? j + length : j) : length;
        valid &= from <= Math.Max(0, last);
        int at = CodePoints.ToUtf16(s.Text, from, length);
        return s.Sub(at, CodePoints.ToUtf16(s.Text, from + count, length) - at);
    }
}
