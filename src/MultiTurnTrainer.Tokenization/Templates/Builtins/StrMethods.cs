using System.Globalization;
using MultiTurnTrainer.Tokenization.Templates.Values;

namespace MultiTurnTrainer.Tokenization.Templates.Builtins;

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
        Add("partition", "/ sep", (s, a) => Partition(s, a[1]!, fromRight: false));
        Add("rpartition", "/ sep", (s, a) => Partition(s, a[1]!, fromRight: true));
        Add("startswith", "/ prefix start? end?", (s, a) => BoolValue.Of(Affix(s, a, atStart: true)));
        Add("endswith", "/ suffix start? end?", (s, a) => BoolValue.Of(Affix(s, a, atStart: false)));
        Add("replace", "/ old new count?", (s, a) => Replace(s, a[1]!, a[2]!, Arg.Count(a[3], -1)));
        Add("removeprefix", "/ prefix", (s, a) => Remove(s, a[1]!, prefix: true));
        Add("removesuffix", "/ suffix", (s, a) => Remove(s, a[1]!, prefix: false));
        Add("upper", "/", (s, _) => TextCase.Upper(s));
        Add("lower", "/", (s, _) => TextCase.Lower(s));
        Add("casefold", "/", (s, _) => TextCase.Fold(s));
        Add("title", "/", (s, _) => TextCase.Title(s));
        Add("capitalize", "/", (s, _) => TextCase.Capitalize(s));
        Add("swapcase", "/", (s, _) => TextCase.SwapCase(s));
        Add("join", "/ iterable", (s, a) => Join(s, a[1]!));
        Add("find", "/ sub start? end?", (s, a) => IntValue.Of(Find(s, a, last: false)));
        Add("rfind", "/ sub start? end?", (s, a) => IntValue.Of(Find(s, a, last: true)));
        Add("index", "/ sub start? end?", (s, a) => Index(s, a, last: false));
        Add("rindex", "/ sub start? end?", (s, a) => Index(s, a, last: true));
        Add("count", "/ sub start? end?", (s, a) => IntValue.Of(Count(s, a)));
        Add("center", "/ width fill?", (s, a) => TextParts.Center(s, Arg.Count(a[1], 0), Fill(a[2])));
        Add("ljust", "/ width fill?", (s, a) => TextParts.Pad(s, 0, Arg.Count(a[1], 0) - s.Length, Fill(a[2])));
        Add("rjust", "/ width fill?", (s, a) => TextParts.Pad(s, Arg.Count(a[1], 0) - s.Length, 0, Fill(a[2])));
        Add("zfill", "/ width", (s, a) => ZeroFill(s, Arg.Count(a[1], 0)));
        Add("expandtabs", "tabsize?", (s, a) => ExpandTabs(s, Arg.Count(a[1], 8, 1 << 16)));
        Add("format", "*args **kwargs", (s, a) => StrFormat.Apply(s, (ListValue)a[1]!, (DictValue)a[2]!));
        Add("format_map", "/ mapping", (s, a) => StrFormat.Apply(s, ListValue.Tuple(), a[1]!));
        Add("isalnum", "/", (s, _) => All(s, TextCase.IsAlphanumeric));
        Add("isalpha", "/", (s, _) => All(s, c => TextCase.IsAlphanumeric(c) && !IsNumeric(c)));
        Add("isdecimal", "/", (s, _) => All(s, c => Category(c) == UnicodeCategory.DecimalDigitNumber));
        Add("isdigit", "/", (s, _) => All(s, IsDigit));
        Add("isnumeric", "/", (s, _) => All(s, IsNumeric));
        Add("isspace", "/", (s, _) => All(s, c => c < 0x10000 && Whitespace.Is((char)c)));
        Add("isascii", "/", (s, _) => BoolValue.Of(System.Text.Ascii.IsValid(s.Text)));
        Add("islower", "/", (s, _) => BoolValue.Of(TextCase.IsLower(s.Text)));
        Add("isupper", "/", (s, _) => BoolValue.Of(TextCase.IsUpper(s.Text)));
        Add("istitle", "/", (s, _) => BoolValue.Of(IsTitle(s.Text)));
        Add("isidentifier", "/", (s, _) => BoolValue.Of(IsIdentifier(s.Text)));
        Add("isprintable", "/", (s, _) => All(s, StringRepr.IsPrintable));
        Add("encode", "encoding? errors?", (_, _) => throw TemplateException.Type("bytes are not supported"));
        Add("maketrans", "*args", (_, _) => throw TemplateException.Type("maketrans is not supported"));
        Add("translate", "/ table", (s, a) => Translate(s, a[1]!));
        return all;

        void Add(string name, string parameters, Func<StrValue, Value?[], Value> body) =>
            all.Add(name, new Builtin(name, parameters, (_, a) => body((StrValue)a[0]!, a)));
    }

    private static ListValue Partition(StrValue s, Value separator, bool fromRight)
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
            return fromRight
                ? ListValue.Tuple(StrValue.Empty, StrValue.Empty, s)
                : ListValue.Tuple(s, StrValue.Empty, StrValue.Empty);
        }

        int after = at + gap.Length;
        return ListValue.Tuple(s.Sub(0, at), s.Sub(at, gap.Length), s.Sub(after, s.Chars - after));
    }

    private static bool Affix(StrValue s, Value?[] a, bool atStart)
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

    private static StrValue Replace(StrValue s, Value old, Value replacement, long count)
    {
        StrValue by = Arg.NeedText(replacement, "replace() argument 2");
        return TextParts.Replace(
            s,
            Arg.NeedText(old, "replace() argument 1"),
            s.IsMarkup ? Html.Escape(by) : by,
            count
        );
    }

    private static StrValue Remove(StrValue s, Value affix, bool prefix)
    {
        string text = Arg.NeedText(affix, "argument").Text;
        bool has = prefix
            ? s.Text.StartsWith(text, StringComparison.Ordinal)
            : s.Text.EndsWith(text, StringComparison.Ordinal);
        return !has ? s
            : prefix ? s.Sub(text.Length, s.Chars - text.Length)
            : s.Sub(0, s.Chars - text.Length);
    }

    private static StrValue Join(StrValue s, Value items)
    {
        if (!items.IsIterable)
        {
            throw TemplateException.Type("can only join an iterable");
        }

        List<StrValue> parts = [];
        int i = 0;
        foreach (Value item in items.Iterate())
        {
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

    private static long Find(StrValue s, Value?[] a, bool last)
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

    private static IntValue Index(StrValue s, Value?[] a, bool last)
    {
        long at = Find(s, a, last);
        return at < 0 ? throw TemplateException.Type("substring not found") : IntValue.Of(at);
    }

    private static long Count(StrValue s, Value?[] a)
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

    private static char Fill(Value? fill)
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

    private static StrValue ZeroFill(StrValue s, int width)
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

    private static StrValue ExpandTabs(StrValue s, int size)
    {
        List<StrValue> parts = [];
        string text = s.Text;
        int column = 0;
        int from = 0;
        for (int i = 0; i < text.Length; i += CodePoints.WidthAt(text, i))
        {
            if (text[i] == '\t')
            {
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

    private static StrValue Translate(StrValue s, Value table)
    {
        List<StrValue> parts = [];
        foreach (Value c in s.Iterate())
        {
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

    private static BoolValue All(StrValue s, Func<int, bool> test)
    {
        string text = s.Text;
        for (int i = 0; i < text.Length; i += CodePoints.WidthAt(text, i))
        {
            if (!test(CodePoints.At(text, i)))
            {
                return BoolValue.False;
            }
        }

        return BoolValue.Of(text.Length > 0 || test == (Func<int, bool>)StringRepr.IsPrintable);
    }

    private static UnicodeCategory Category(int code) => CharUnicodeInfo.GetUnicodeCategory(code);

    private static bool IsNumeric(int code) =>
        Category(code)
            is UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber;

    private static bool IsDigit(int code) =>
        Category(code) == UnicodeCategory.DecimalDigitNumber
        || CharUnicodeInfo.GetDigitValue(char.ConvertFromUtf32(code is >= 0xD800 and <= 0xDFFF ? ' ' : code), 0) >= 0;

    private static bool IsTitle(string text)
    {
        bool any = false;
        bool cased = false;
        for (int i = 0; i < text.Length; i += CodePoints.WidthAt(text, i))
        {
            switch (CharUnicodeInfo.GetUnicodeCategory(text, i))
            {
                case UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter:
                    if (cased)
                    {
                        return false;
                    }

                    any = cased = true;
                    break;
                case UnicodeCategory.LowercaseLetter:
                    if (!cased)
                    {
                        return false;
                    }

                    break;
                default:
                    cased = false;
                    break;
            }
        }

        return any;
    }

    private static bool IsIdentifier(string text)
    {
        for (int i = 0; i < text.Length; i += CodePoints.WidthAt(text, i))
        {
            int c = CodePoints.At(text, i);
            if (!TextCase.IsWord(c) || (i == 0 && IsNumeric(c)))
            {
                return false;
            }
        }

        return text.Length > 0;
    }
}
