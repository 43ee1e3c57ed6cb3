using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The methods of <c>str</c>.</summary>
internal static class StrMethods
{
    private static readonly Dictionary<string, Builtin> _all = Build();

    /// <summary>A method bound to its text, or null.</summary>
    public static Value? Find(StrValue self, string name) =>
        _all.TryGetValue(name, out Builtin? method) ? new FunctionValue(method, self)
        : self.IsMarkup && (name is "striptags" or "unescape" or "__html__")
            ? throw TemplateException.Type($"the method {name} of Markup is not supported")
        : PrivateNames.Find(self, name);

    private static Dictionary<string, Builtin> Build()
    {
        Dictionary<string, Builtin> all = new(StringComparer.Ordinal);
        Add("strip", "/ chars?", (s, a) => TextParts.Strip(s, a[1], true, true));
        Add("lstrip", "/ chars?", (s, a) => TextParts.Strip(s, a[1], true, false));
        Add("rstrip", "/ chars?", (s, a) => TextParts.Strip(s, a[1], false, true));
        Add("split", "sep? maxsplit?", (s, a) => new ListValue(TextParts.Split(s, a[1], Arg.Count(a[2], -1), false)));
        Add("rsplit", "sep? maxsplit?", (s, a) => new ListValue(TextParts.Split(s, a[1], Arg.Count(a[2], -1), true)));
        Add("splitlines", "keepends?", (s, a) => new ListValue([.. TextParts.SplitLines(s, Arg.Flag(a[1]))]));
        Add("partition", "/ sep", (s, a) => StrSearch.Partition(s, a[1]!, fromRight: false));
        Add("rpartition", "/ sep", (s, a) => StrSearch.Partition(s, a[1]!, fromRight: true));
        Add("startswith", "/ prefix start? end?", (s, a) => BoolValue.Of(StrSearch.Affix(s, a, atStart: true)));
        Add("endswith", "/ suffix start? end?", (s, a) => BoolValue.Of(StrSearch.Affix(s, a, atStart: false)));
        Add("replace", "/ old new count?", (s, a) => StrEdits.Replace(s, a[1]!, a[2]!, Arg.Count(a[3], -1)));
        Add("removeprefix", "/ prefix", (s, a) => StrEdits.Remove(s, a[1]!, prefix: true));
        Add("removesuffix", "/ suffix", (s, a) => StrEdits.Remove(s, a[1]!, prefix: false));
        Add("upper", "/", (s, _) => TextCase.Upper(s));
        Add("lower", "/", (s, _) => TextCase.Lower(s));
        Add("casefold", "/", (s, _) => TextCase.Fold(s));
        Add("title", "/", (s, _) => TextCase.Title(s));
        Add("capitalize", "/", (s, _) => TextCase.Capitalize(s));
        Add("swapcase", "/", (s, _) => TextCase.SwapCase(s));
        Add("join", "/ iterable", (s, a) => StrEdits.Join(s, a[1]!));
        Add("find", "/ sub start? end?", (s, a) => IntValue.Of(StrSearch.Find(s, a, last: false)));
        Add("rfind", "/ sub start? end?", (s, a) => IntValue.Of(StrSearch.Find(s, a, last: true)));
        Add("index", "/ sub start? end?", (s, a) => StrSearch.Index(s, a, last: false));
        Add("rindex", "/ sub start? end?", (s, a) => StrSearch.Index(s, a, last: true));
        Add("count", "/ sub start? end?", (s, a) => IntValue.Of(StrSearch.Count(s, a)));
        Add("center", "/ width fill?", (s, a) => TextParts.Center(s, Arg.Count(a[1], 0), StrEdits.Fill(a[2])));
        Add(
            "ljust",
            "/ width fill?",
            (s, a) => TextParts.Pad(s, 0, Arg.Count(a[1], 0) - s.Length, StrEdits.Fill(a[2]))
        );
        Add(
            "rjust",
            "/ width fill?",
            (s, a) => TextParts.Pad(s, Arg.Count(a[1], 0) - s.Length, 0, StrEdits.Fill(a[2]))
        );
        Add("zfill", "/ width", (s, a) => StrEdits.ZeroFill(s, Arg.Count(a[1], 0)));
        Add("expandtabs", "tabsize?", (s, a) => StrEdits.ExpandTabs(s, Arg.Count(a[1], 8, 1 << 16)));
        Add("format", "*args **kwargs", (s, a) => StrFormat.Apply(s, (ListValue)a[1]!, (DictValue)a[2]!));
        Add("format_map", "/ mapping", (s, a) => StrFormat.Apply(s, ListValue.Tuple(), a[1]!));
        Add("isalnum", "/", (s, _) => StrTests.All(s, TextCase.IsAlphanumeric));
        Add("isalpha", "/", (s, _) => StrTests.All(s, c => TextCase.IsAlphanumeric(c) && !StrTests.IsNumeric(c)));
        Add(
            "isdecimal",
            "/",
            (s, _) => StrTests.All(s, c => StrTests.Category(c) == UnicodeCategory.DecimalDigitNumber)
        );
        Add("isdigit", "/", (s, _) => StrTests.All(s, StrTests.IsDigit));
        Add("isnumeric", "/", (s, _) => StrTests.All(s, StrTests.IsNumeric));
        Add("isspace", "/", (s, _) => StrTests.All(s, c => c < 0x10000 && Whitespace.Is((char)c)));
        Add("isascii", "/", (s, _) => BoolValue.Of(System.Text.Ascii.IsValid(s.Text)));
        Add("islower", "/", (s, _) => BoolValue.Of(TextCase.IsLower(s.Text)));
        Add("isupper", "/", (s, _) => BoolValue.Of(TextCase.IsUpper(s.Text)));
        Add("istitle", "/", (s, _) => BoolValue.Of(StrTests.IsTitle(s.Text)));
        Add("isidentifier", "/", (s, _) => BoolValue.Of(StrTests.IsIdentifier(s.Text)));
        Add("isprintable", "/", (s, _) => StrTests.All(s, StringRepr.IsPrintable));
        Add("encode", "encoding? errors?", (_, _) => throw TemplateException.Type("bytes are not supported"));
        Add("maketrans", "*args", (_, _) => throw TemplateException.Type("maketrans is not supported"));
        Add("translate", "/ table", (s, a) => StrEdits.Translate(s, a[1]!));
        return all;

        void Add(string name, string parameters, Func<StrValue, Value?[], Value> body) =>
            all.Add(name, new Builtin(name, parameters, (_, a) => body((StrValue)a[0]!, a)));
    }
}
