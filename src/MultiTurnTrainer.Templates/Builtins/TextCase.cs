using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Python's changes of case, code point by code point; origins stay where the length does.</summary>
internal static class TextCase
{
    /// <summary>str.upper().</summary>
    public static StrValue Upper(StrValue value) => value.MapText(UpperText(Charged(value)));

    /// <summary>str.lower().</summary>
    public static StrValue Lower(StrValue value) => value.MapText(LowerText(Charged(value)));

    /// <summary><c>str.casefold</c>.</summary>
    public static StrValue Fold(StrValue value) =>
        value.MapText(string.Concat(ByCharacter(value).EnumerateRunes().Select(rune => FoldOf(rune.ToString()))));

    /// <summary>str.capitalize().</summary>
    public static StrValue Capitalize(StrValue value)
    {
        string text = Charged(value);
        if (text.Length == 0)
        {
            return value;
        }

        int first = CodePoints.WidthAt(text, 0);
        return value.MapText(TitleOf(text[..first]) + LowerText(text, first));
    }

    /// <summary>str.title().</summary>
    public static StrValue Title(StrValue value)
    {
        string text = ByCharacter(value);
        StringBuilder result = new(text.Length);
        bool cased = false;
        for (int i = 0; i < text.Length; )
        {
            int width = CodePoints.WidthAt(text, i);
            string c = text.Substring(i, width);
            result.Append(cased ? LowerAt(text, i, width) : TitleOf(c));
            cased = IsCased(c);
            i += width;
        }

        return value.MapText(result.ToString());
    }

    /// <summary>The title filter: a word begins after blanks, hyphens and opening brackets.</summary>
    public static StrValue JinjaTitle(StrValue value)
    {
        string text = ByCharacter(value);
        StringBuilder result = new(text.Length);
        int from = 0;
        while (from < text.Length)
        {
            bool gap = IsGap(text[from]);
            int to = from + 1;
            while (to < text.Length && IsGap(text[to]) == gap)
            {
                to++;
            }

            string word = text[from..to];
            int first = CodePoints.WidthAt(word, 0);
            result.Append(UpperText(word[..first])).Append(LowerText(word[first..]));
            from = to;
        }

        return value.MapText(result.ToString());
    }

    /// <summary>str.swapcase().</summary>
    public static StrValue SwapCase(StrValue value)
    {
        string text = ByCharacter(value);
        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length; )
        {
            int width = CodePoints.WidthAt(text, i);
            string c = text.Substring(i, width);
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(text, i);
            result.Append(
                category == UnicodeCategory.UppercaseLetter ? LowerAt(text, i, width)
                : category == UnicodeCategory.LowercaseLetter ? UpperText(c)
                : c
            );
            i += width;
        }

        return value.MapText(result.ToString());
    }

    /// <summary>str.islower().</summary>
    public static bool IsLower(string text) => AllCased(text, UnicodeCategory.LowercaseLetter);

    /// <summary>str.isupper().</summary>
    public static bool IsUpper(string text) => AllCased(text, UnicodeCategory.UppercaseLetter);

    /// <summary>Whether <c>\w</c> matches.</summary>
    public static bool IsWord(int code) => code == '_' || IsAlphanumeric(code);

    /// <summary>Whether a code point counts for str.isalnum().</summary>
    public static bool IsAlphanumeric(int code) =>
        CharUnicodeInfo.GetUnicodeCategory(code)
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter
                or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber;

    /// <summary>The upper case of a text.</summary>
    public static string UpperText(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.ToUpperInvariant();
        }

        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length; )
        {
            int width = CodePoints.WidthAt(text, i);
            result.Append(
                width == 1 && SpecialCasing.Upper(text[i]) is { } special
                    ? special
                    : text.Substring(i, width).ToUpperInvariant()
            );
            i += width;
        }

        return result.ToString();
    }

    // The fold of a character is the lower case of its upper case, but for Cherokee, whose fold is its upper case, and
    // for dotless i and capital sharp s.
    private static string FoldOf(string scalar)
    {
        if (scalar is "\u0131" or "\u1e9e")
        {
            return scalar == "\u1e9e" ? "ss" : scalar;
        }

        string upper = UpperText(scalar);
        return upper[0] is >= '\u13a0' and <= '\u13f5' ? upper : LowerText(upper);
    }

    // Beyond ASCII each character becomes a text of its own.
    private static string Charged(StrValue value)
    {
        string text = value.Text;
        return Ascii.IsValid(text) ? Charged(text, 1, 8) : ByCharacter(value);
    }

    private static string ByCharacter(StrValue value) => Charged(value.Text, 25, 100);

    private static string Charged(string text, long work, long bytes)
    {
        RenderBudget.Make(text.Length * work, text.Length * bytes);
        return text;
    }

    private static string LowerText(string text, int from = 0)
    {
        if (Ascii.IsValid(text))
        {
            return text[from..].ToLowerInvariant();
        }

        StringBuilder result = new(text.Length);
        for (int i = from; i < text.Length; )
        {
            int width = CodePoints.WidthAt(text, i);
            result.Append(LowerAt(text, i, width));
            i += width;
        }

        return result.ToString();
    }

    private static string LowerAt(string text, int at, int width)
    {
        if (text[at] == '\u0130')
        {
            return "i\u0307";
        }

        if (text[at] == '\u03a3')
        {
            return IsFinalSigma(text, at) ? "\u03c2" : "\u03c3";
        }

        return text.Substring(at, width).ToLowerInvariant();
    }

    private static bool IsFinalSigma(string text, int at)
    {
        int before = at - 1;
        while (before >= 0 && IsIgnorable(text[before]))
        {
            before--;
        }

        if (before < 0 || !IsCased(text[before].ToString()))
        {
            return false;
        }

        int after = at + 1;
        while (after < text.Length && IsIgnorable(text[after]))
        {
            after++;
        }

        return after >= text.Length || !IsCased(text[after].ToString());
    }

    private static bool IsIgnorable(char c) =>
        c is '\'' or '.' or ':' or '^' or '`' or '\u00a8' or '\u00ad' or '\u00b7' or '\u2019'
        || CharUnicodeInfo.GetUnicodeCategory(c)
            is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.Format
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.ModifierSymbol;

    private static string TitleOf(string c) =>
        c.Length == 1 && SpecialCasing.Title(c[0]) is { } title ? title : UpperText(c);

    private static bool IsGap(char c) => c is '-' or '(' or '{' or '[' or '<' || Whitespace.Is(c);

    private static bool IsCased(string c) =>
        CharUnicodeInfo.GetUnicodeCategory(c, 0)
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
        || c.ToUpperInvariant() != c
        || c.ToLowerInvariant() != c;

    private static bool AllCased(string text, UnicodeCategory wanted)
    {
        RenderBudget.Spend(text.Length);
        bool any = false;
        for (int i = 0; i < text.Length; i += CodePoints.WidthAt(text, i))
        {
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(text, i);
            if (category == wanted)
            {
                any = true;
            }
            else if (
                category
                is UnicodeCategory.UppercaseLetter
                    or UnicodeCategory.LowercaseLetter
                    or UnicodeCategory.TitlecaseLetter
            )
            {
                return false;
            }
        }

        return any;
    }
}
