using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The methods of <c>str</c>.</summary>
internal static class StrMethods
{
    private static readonly Dictionary<string, Builtin> _all = new Method[]
    {
        new("strip", "/ chars?", (s, a) => TextParts.Strip(s, a[1], true, true)),
        new("lstrip", "/ chars?", (s, a) => TextParts.Strip(s, a[1], true, false)),
        new("rstrip", "/ chars?", (s, a) => TextParts.Strip(s, a[1], false, true)),
        new("split", "sep? maxsplit?", (s, a) => new ListValue(TextParts.Split(s, a[1], Arg.Count(a[2], -1), false))),
        new("rsplit", "sep? maxsplit?", (s, a) => new ListValue(TextParts.Split(s, a[1], Arg.Count(a[2], -1), true))),
        new("splitlines", "keepends?", (s, a) => new ListValue([.. TextParts.SplitLines(s, Arg.Flag(a[1]))])),
        new("partition", "/ sep", (s, a) => StrSearch.Partition(s, a[1]!, fromRight: false)),
        new("rpartition", "/ sep", (s, a) => StrSearch.Partition(s, a[1]!, fromRight: true)),
        new("startswith", "/ prefix start? end?", (s, a) => BoolValue.Of(StrSearch.Affix(s, a, atStart: true))),
        new("endswith", "/ suffix start? end?", (s, a) => BoolValue.Of(StrSearch.Affix(s, a, atStart: false))),
        new("replace", "/ old new count?", (s, a) => StrEdits.Replace(s, a[1]!, a[2]!, Arg.Count(a[3], -1))),
        new("removeprefix", "/ prefix", (s, a) => StrEdits.Remove(s, a[1]!, prefix: true)),
        new("removesuffix", "/ suffix", (s, a) => StrEdits.Remove(s, a[1]!, prefix: false)),
        new("upper", "/", (s, _) => TextCase.Upper(s)),
        new("lower", "/", (s, _) => TextCase.Lower(s)),
        new("casefold", "/", (s, _) => TextCase.Fold(s)),
        new("title", "/", (s, _) => TextCase.Title(s)),
        new("capitalize", "/", (s, _) => TextCase.Capitalize(s)),
        new("swapcase", "/", (s, _) => TextCase.SwapCase(s)),
        new("join", "/ iterable", (s, a) => StrEdits.Join(s, a[1]!)),
        new("find", "/ sub start? end?", (s, a) => IntValue.Of(StrSearch.Find(s, a, last: false))),
        new("rfind", "/ sub start? end?", (s, a) => IntValue.Of(StrSearch.Find(s, a, last: true))),
        new("index", "/ sub start? end?", (s, a) => StrSearch.Index(s, a, last: false)),
        new("rindex", "/ sub start? end?", (s, a) => StrSearch.Index(s, a, last: true)),
        new("count", "/ sub start? end?", (s, a) => IntValue.Of(StrSearch.Count(s, a))),
        new("center", "/ width fill?", (s, a) => TextParts.Center(s, Arg.Count(a[1], 0), StrEdits.Fill(a[2]))),
        new(
            "ljust",
            "/ width fill?",
            (s, a) => TextParts.Pad(s, 0, Arg.Count(a[1], 0) - s.Length, StrEdits.Fill(a[2]))
        ),
        new(
            "rjust",
            "/ width fill?",
            (s, a) => TextParts.Pad(s, Arg.Count(a[1], 0) - s.Length, 0, StrEdits.Fill(a[2]))
        ),
        new("zfill", "/ width", (s, a) => StrEdits.ZeroFill(s, Arg.Count(a[1], 0))),
        new("expandtabs", "tabsize?", (s, a) => StrEdits.ExpandTabs(s, Arg.Count(a[1], 8, 1 << 16))),
        new("format", "*args **kwargs", (s, a) => StrFormat.Apply(s, (ListValue)a[1]!, (DictValue)a[2]!)),
        new("format_map", "/ mapping", (s, a) => StrFormat.Apply(s, ListValue.Tuple(), a[1]!)),
        new("isalnum", "/", (s, _) => StrTests.All(s, TextCase.IsAlphanumeric)),
        new("isalpha", "/", (s, _) => StrTests.All(s, c => TextCase.IsAlphanumeric(c) && !StrTests.IsNumeric(c))),
        new(
            "isdecimal",
            "/",
            (s, _) => StrTests.All(s, c => StrTests.Category(c) == UnicodeCategory.DecimalDigitNumber)
        ),
        new("isdigit", "/", (s, _) => StrTests.All(s, StrTests.IsDigit)),
        new("isnumeric", "/", (s, _) => StrTests.All(s, StrTests.IsNumeric)),
        new("isspace", "/", (s, _) => StrTests.All(s, c => c < 0x10000 && Whitespace.Is((char)c))),
        new("isascii", "/", (s, _) => BoolValue.Of(System.Text.Ascii.IsValid(s.Text))),
        new("islower", "/", (s, _) => BoolValue.Of(TextCase.IsLower(s.Text))),
        new("isupper", "/", (s, _) => BoolValue.Of(TextCase.IsUpper(s.Text))),
        new("istitle", "/", (s, _) => BoolValue.Of(StrTests.IsTitle(s.Text))),
        new("isidentifier", "/", (s, _) => BoolValue.Of(StrTests.IsIdentifier(s.Text))),
        new("isprintable", "/", (s, _) => StrTests.All(s, StringRepr.IsPrintable)),
        new("encode", "encoding? errors?", (_, _) => throw TemplateException.Type("bytes are not supported")),
        new("maketrans", "*args", (_, _) => throw TemplateException.Type("maketrans is not supported")),
        new("translate", "/ table", (s, a) => StrEdits.Translate(s, a[1]!)),
    }.ToDictionary(
        method => method.Name,
        method => new Builtin(method.Name, method.Parameters, (_, a) => method.Body((StrValue)a[0]!, a)),
        StringComparer.Ordinal
    );

    /// <summary>A method bound to its text, or null.</summary>
    public static Value? Find(StrValue self, string name) =>
        _all.TryGetValue(name, out Builtin? method) ? new FunctionValue(method, self)
        : self.IsMarkup && (name is "striptags" or "unescape" or "__html__")
            ? throw TemplateException.Type($"the method {name} of Markup is not supported")
        : PrivateNames.Find(self, name);

    private sealed record Method(string Name, string Parameters, Func<StrValue, Value?[], Value> Body);
}
