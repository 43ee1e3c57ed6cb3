using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Finding texts in texts: positions are code points, ranges are Python's.</summary>
internal static class StrSearch
{
    // Up to here .NET's search is as good as linear.
    private const int ShortWanted = 32;

    /// <summary><c>partition</c> and <c>rpartition</c>.</summary>
    public static ListValue Partition(StrValue s, Value separator, bool fromRight)
    {
        string gap = Arg.NeedText(separator, "separator").Text;
        if (gap.Length == 0)
        {
            throw TemplateException.Type("empty separator");
        }

        int at = fromRight ? LastIndexOf(s.Text, gap, s.Chars) : IndexOf(s.Text, gap, 0);
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
            RenderBudget.Spend(1 + (affix is StrValue one ? one.Chars / 16 : 0));
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

        int at = last ? LastIndexOf(range.Text, wanted, range.Chars) : IndexOf(range.Text, wanted, 0);
        RenderBudget.Spend(Math.Max(at, 0) / 8);
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
        for (int i = 0; (i = IndexOf(range.Text, wanted, i)) >= 0; i += wanted.Length)
        {
            count++;
        }

        return count;
    }

    /// <summary>Where a text first stands from a position on, or -1; in time linear in both.</summary>
    public static int IndexOf(string text, string wanted, int from)
    {
        if (wanted.Length <= ShortWanted)
        {
            int at = text.IndexOf(wanted, from, StringComparison.Ordinal);
            RenderBudget.Spend(1 + (((at < 0 ? text.Length : at) - from) * (long)(wanted.Length + 1) / 32));
            return at;
        }

        return Scan(text.AsSpan(from), wanted, i => i) is var found and >= 0 ? from + found : -1;
    }

    /// <summary>Where a text last stands before an end, or -1.</summary>
    public static int LastIndexOf(string text, string wanted, int end)
    {
        if (wanted.Length <= ShortWanted)
        {
            int at = text.AsSpan(0, end).LastIndexOf(wanted, StringComparison.Ordinal);
            RenderBudget.Spend(1 + ((end - Math.Max(at, 0)) * (long)(wanted.Length + 1) / 32));
            return wanted.Length == 0 ? end : at;
        }

        int last = wanted.Length - 1;
        char[] reversed = text[..end].ToCharArray();
        Array.Reverse(reversed);
        return Scan(reversed, wanted, i => last - i) is var found and >= 0 ? end - found - wanted.Length : -1;
    }

    // Knuth, Morris and Pratt: what .NET does for long texts takes the product of both lengths at worst.
    private static int Scan(ReadOnlySpan<char> text, string wanted, Func<int, int> order)
    {
        if (wanted.Length > text.Length)
        {
            return -1;
        }

        RenderBudget.Mapped(text.Length + (4L * wanted.Length));
        int[] border = new int[wanted.Length];
        for (int i = 1, k = 0; i < wanted.Length; i++)
        {
            while (k > 0 && wanted[order(i)] != wanted[order(k)])
            {
                k = border[k - 1];
            }

            border[i] = k += wanted[order(i)] == wanted[order(k)] ? 1 : 0;
        }

        for (int i = 0, k = 0; i < text.Length; i++)
        {
            while (k > 0 && text[i] != wanted[order(k)])
            {
                k = border[k - 1];
            }

            k += text[i] == wanted[order(k)] ? 1 : 0;
            if (k == wanted.Length)
            {
                return i - k + 1;
            }
        }

        return -1;
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
