using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The filters urlize and striptags. They make web pages, not prompts: their text is computed.</summary>
internal static partial class Links
{
    /// <summary>urlize.</summary>
    public static StrValue Urlize(Value value, Value? limit, bool noFollow, Value? target, Value? rel, Value? schemes)
    {
        int trim = Arg.Given(limit) ? Arg.Count(limit, 0) : -1;
        SortedSet<string> relations = new(StringComparer.Ordinal) { "noopener" };
        if (Arg.Given(rel))
        {
            relations.UnionWith(
                Arg.NeedText(rel, "rel").Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            );
        }

        if (noFollow)
        {
            relations.Add("nofollow");
        }

        string attributes = $" rel=\"{Escape(string.Join(' ', relations))}\"";
        if (Arg.Given(target))
        {
            attributes += $" target=\"{Escape(Arg.Text(target).Text)}\"";
        }

        string[] extra = Arg.Given(schemes) ? [.. Arg.List(schemes).Select(s => Arg.NeedText(s, "scheme").Text)] : [];
        foreach (string scheme in extra)
        {
            if (!Scheme().IsMatch(scheme))
            {
                throw TemplateException.Type($"'{scheme}' is not a valid URI scheme prefix.");
            }
        }

        StringBuilder text = new();
        foreach (string word in Blanks().Split(Html.Escape(value).Text))
        {
            // Its patterns go back over a word again and again.
            RenderBudget.Mapped(64 + (word.Length * (long)word.Length / 4) + (2L * attributes.Length));
            text.Append(Word(word, trim, attributes, extra));
        }

        return StrValue.Computed(text.ToString());
    }

    /// <summary>striptags: comments and tags out, blanks to one, entities to their characters.</summary>
    public static StrValue StripTags(Value value)
    {
        string text = value.ToStr().Text;
        RenderBudget.Mapped(2L * text.Length);
        text = Remove(text, "<!--", "-->");
        text = Remove(text, "<", ">");
        text = string.Join(
            ' ',
            TextParts.Split(StrValue.Computed(text), null, -1, fromRight: false).Select(p => ((StrValue)p).Text)
        );
        return StrValue.Computed(System.Net.WebUtility.HtmlDecode(text));
    }

    private static string Remove(string text, string open, string close)
    {
        while (true)
        {
            int start = text.IndexOf(open, StringComparison.Ordinal);
            int end = start < 0 ? -1 : text.IndexOf(close, start, StringComparison.Ordinal);
            if (end < 0)
            {
                return text;
            }

            RenderBudget.Chars(text.Length);
            text = text.Remove(start, end + close.Length - start);
        }
    }

    private static string Word(string middle, int trim, string attributes, string[] extra)
    {
        string head = Head().Match(middle).Value;
        middle = middle[head.Length..];
        string tail = Tail().Match(middle).Value;
        middle = middle[..^tail.Length];
        foreach ((string open, string close) in new[] { ("(", ")"), ("<", ">"), ("&lt;", "&gt;") })
        {
            int opened = Count(middle, open);
            if (opened <= Count(middle, close))
            {
                continue;
            }

            for (int moves = Math.Min(opened, Count(tail, close)); moves > 0; moves--)
            {
                RenderBudget.Chars(middle.Length + tail.Length);
                int end = tail.IndexOf(close, StringComparison.Ordinal) + close.Length;
                middle += tail[..end];
                tail = tail[end..];
            }
        }

        return head + Link(middle, trim, attributes, extra) + tail;
    }

    private static string Link(string middle, int trim, string attributes, string[] extra)
    {
        if (Web().IsMatch(middle))
        {
            bool whole =
                middle.StartsWith("https://", StringComparison.Ordinal)
                || middle.StartsWith("http://", StringComparison.Ordinal);
            return $"<a href=\"{(whole ? "" : "https://")}{middle}\"{attributes}>{Trim(middle, trim)}</a>";
        }

        if (middle.StartsWith("mailto:", StringComparison.Ordinal) && Mail().IsMatch(middle[7..]))
        {
            return $"<a href=\"{middle}\">{middle[7..]}</a>";
        }

        if (
            middle.Contains('@')
            && !middle.StartsWith("www.", StringComparison.Ordinal)
            && !middle.StartsWith('@')
            && !middle.Contains(':')
            && Mail().IsMatch(middle)
        )
        {
            return $"<a href=\"mailto:{middle}\">{middle}</a>";
        }

        foreach (string scheme in extra)
        {
            if (middle != scheme && middle.StartsWith(scheme, StringComparison.Ordinal))
            {
                RenderBudget.Chars(2L * (middle.Length + attributes.Length));
                middle = $"<a href=\"{middle}\"{attributes}>{middle}</a>";
            }
        }

        return middle;
    }

    private static string Trim(string text, int limit) =>
        limit < 0 || CodePoints.Count(text) <= limit
            ? text
            : text[..CodePoints.ToUtf16(text, limit, CodePoints.Count(text))] + "...";

    private static int Count(string text, string part)
    {
        int count = 0;
        for (int i = 0; (i = text.IndexOf(part, i, StringComparison.Ordinal)) >= 0; i += part.Length)
        {
            count++;
        }

        return count;
    }

    private static string Escape(string text) => Html.Escape(StrValue.Computed(text)).Text;

    [GeneratedRegex(@"(\s+)", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();

    [GeneratedRegex(@"^(?:[(<]|&lt;)*", RegexOptions.CultureInvariant)]
    private static partial Regex Head();

    [GeneratedRegex(@"(?:[)>.,\n]|&gt;)*$", RegexOptions.CultureInvariant | RegexOptions.RightToLeft)]
    private static partial Regex Tail();

    [GeneratedRegex(@"^[\w.+-]{2,}:/{0,2}$", RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^\S+@\w[\w.-]*\.\w+$", RegexOptions.CultureInvariant)]
    private static partial Regex Mail();

    [GeneratedRegex(
        @"^(?:(?:https?://|www\.)(?:(?:[\w%-]+\.)+)?(?:[a-z]{2,63}|xn--[\w%]{2,59})"
            + @"|(?:[\w%-]{2,63}\.)+(?:com|net|int|edu|gov|org|info|mil)"
            + @"|https?://(?:\d{1,3}(?:\.\d{1,3}){3}|\[(?:[\da-f]{0,4}:){2}(?:[\da-f]{0,4}:?){1,6}\]))"
            + @"(?::\d{1,5})?(?:[/?#]\S*)?$",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase
    )]
    private static partial Regex Web();
}
