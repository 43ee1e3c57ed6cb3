using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The filters for web pages and reports, which chat templates hardly use; their text is computed.</summary>
internal static class LayoutFilters
{
    /// <summary>The filters.</summary>
    public static IEnumerable<Builtin> All { get; } =
    [
        new("filesizeformat", "binary?", (_, a) => FileSize(a[0]!, Arg.Flag(a[1]))),
        new("pprint", "", (_, a) => PrettyPrint.Apply(a[0]!)),
        new("striptags", "", (_, a) => Links.StripTags(a[0]!)),
        new(
            "urlize",
            "trim_url_limit? nofollow? target? rel? extra_schemes?",
            (r, a) => Links.Urlize(a[0]!, a[1], Arg.Flag(a[2]), a[3], a[4], a[5]).AsMarkup(r.AutoEscape)
        ),
        new("wordwrap", "width? break_long_words? wrapstring? break_on_hyphens?", (_, a) => Wrap(a)),
        new("urlencode", "", (_, a) => StrValue.Computed(UrlEncode(a[0]!))),
        new("xmlattr", "autospace?", (r, a) => XmlAttributes(a[0]!, Arg.Flag(a[1], missing: true), r.AutoEscape)),
    ];

    private static StrValue Wrap(Value?[] a) =>
        WordWrap.Apply(
            Arg.NeedText(a[0], "value"),
            Arg.Count(a[1], 79),
            Arg.Flag(a[2], missing: true),
            Arg.Given(a[3]) ? Arg.NeedText(a[3], "wrapstring") : StrValue.Computed("\n"),
            Arg.Flag(a[4], missing: true)
        );

    private static StrValue FileSize(Value value, bool binary)
    {
        double? parsed = value switch
        {
            StrValue s => ValueFilters.ParseFloat(s.Text),
            UndefinedValue undefined => throw undefined.Fail(),
            _ => Numbers.IsNumber(value) ? Numbers.ToDouble(value) : null,
        };
        double bytes = parsed ?? throw TemplateException.Type("could not convert to float");
        double unit = binary ? 1024 : 1000;
        if (bytes == 1)
        {
            return StrValue.Computed("1 Byte");
        }

        if (bytes < unit)
        {
            return StrValue.Computed(((long)bytes).ToString(CultureInfo.InvariantCulture) + " Bytes");
        }

        string[] names = binary
            ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
            : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
        double size = unit;
        foreach (string name in names)
        {
            size *= unit;
            if (bytes < size || name == names[^1])
            {
                return StrValue.Computed($"{FloatText.ToFixed(unit * bytes / size, 1)} {name}");
            }
        }

        throw new InvalidOperationException("the last unit takes every size");
    }

    private static string UrlEncode(Value value)
    {
        if (value is StrValue || !value.IsIterable)
        {
            return Quote(value, inQuery: false);
        }

        IEnumerable<Value> pairs = value is DictValue dict
            ? dict.Entries.Select(e => (Value)ListValue.Tuple(e.Key, e.Value))
            : value.Iterate();
        return string.Join(
            '&',
            pairs.Select(pair =>
            {
                List<Value> items = Arg.List(pair);
                return items.Count == 2
                    ? $"{Quote(items[0], inQuery: true)}={Quote(items[1], inQuery: true)}"
                    : throw TemplateException.Type("a pair of key and value is needed");
            })
        );
    }

    private static string Quote(Value value, bool inQuery)
    {
        StringBuilder text = new();
        RenderBudget.Mapped(8L * value.ToStr().Chars);
        foreach (byte b in Encoding.UTF8.GetBytes(value.ToStr().Text))
        {
            char c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '~' || (c == '/' && !inQuery))
            {
                text.Append(c);
            }
            else
            {
                text.Append(c == ' ' && inQuery ? "+" : "%" + b.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }

    private static StrValue XmlAttributes(Value value, bool space, bool markup)
    {
        DictValue dict = value switch
        {
            DictValue d => d,
            UndefinedValue undefined => throw undefined.Fail(),
            _ => throw TemplateException.Type($"'{value.TypeName}' object has no attribute 'items'"),
        };
        List<StrValue> parts = [];
        foreach ((Value key, Value item) in dict.Entries)
        {
            RenderBudget.Items(40);
            if (item is NoneValue or UndefinedValue)
            {
                continue;
            }

            string name = Arg.NeedText(key, "attribute name").Text;
            if (name.AsSpan().IndexOfAny(" \t\n\v\f\r/>=") >= 0)
            {
                throw TemplateException.Type($"Invalid character in attribute name: '{name}'");
            }

            if (space || parts.Count > 0)
            {
                parts.Add(StrValue.Computed(" "));
            }

            parts.Add(Html.Escape(key));
            parts.Add(StrValue.Computed("=\""));
            parts.Add(Html.Escape(item));
            parts.Add(StrValue.Computed("\""));
        }

        return StrValue.Join([.. parts], markup);
    }
}
