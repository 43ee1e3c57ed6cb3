namespace MultiTurnTrainer.Templates.Values;

/// <summary>Python's <c>repr</c> of a text; every escape belongs to the character it stands for.</summary>
internal static class StringRepr
{
    /// <summary>Writes the quoted text.</summary>
    public static void Write(StrValue value, TextBuilder text)
    {
        string s = value.Text;
        char quote = s.Contains('\'') && !s.Contains('"') ? '"' : '\'';
        EscapedText.Write(
            value,
            quote.ToString(),
            text,
            (string t, int at, out int width) => Escape(t, at, quote, out width)
        );
    }

    /// <summary>The escape of the character at a position, or null when it stands for itself.</summary>
    private static string? Escape(string text, int at, char quote, out int width)
    {
        char c = text[at];
        width = 1;
        if (c == quote || c == '\\')
        {
            return "\\" + c;
        }

        switch (c)
        {
            case '\n':
                return "\\n";
            case '\r':
                return "\\r";
            case '\t':
                return "\\t";
        }

        if (c is >= ' ' and < '\x7f')
        {
            return null;
        }

        width = CodePoints.WidthAt(text, at);
        int code = CodePoints.At(text, at);
        if (IsPrintable(code))
        {
            return null;
        }

        return code switch
        {
            < 0x100 => "\\x" + code.ToString("x2", CultureInfo.InvariantCulture),
            < 0x10000 => "\\u" + code.ToString("x4", CultureInfo.InvariantCulture),
            _ => "\\U" + code.ToString("x8", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>Whether str.isprintable() holds for a code point.</summary>
    public static bool IsPrintable(int code) =>
        code == ' '
        || CharUnicodeInfo.GetUnicodeCategory(code)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.SpaceSeparator
            );
}
