namespace MultiTurnTrainer.Files;

/// <summary>
/// Text that others wrote, made fit for a terminal, a CI log or a server's log: what moves the cursor, colours, reverses or
/// hides text, or begins a line where none should begin, is shown escaped, as JSON writes it.
/// </summary>
public static class Printable
{
    /// <summary>A name, a key, a message: on one line.</summary>
    public static string Line(string? text) => Clean(text ?? "", keepsLines: false);

    /// <summary>A text of several lines: line ends and tabs stay.</summary>
    public static string Text(string? text) => Clean(text ?? "", keepsLines: true);

    /// <summary>The end of a long text, behind an ellipsis; a character of two halves is not cut between them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="shown">How many characters of its end are kept.</param>
    public static string End(string text, int shown)
    {
        int from = text.Length - shown;
        return from <= 0 ? text : $"… {text[(char.IsLowSurrogate(text[from]) ? from + 1 : from)..]}";
    }

    /// <summary>A message of which the values are others' and the rest is mtt's; numbers as they are everywhere.</summary>
    public static string Of(FormattableString message) =>
        string.Format(
            CultureInfo.InvariantCulture,
            message.Format,
            [.. message.GetArguments().Select(value => value is string text ? Line(text) : value)]
        );

    /// <summary>Whether a character stands for something else than itself.</summary>
    public static bool IsHarmful(char c) =>
        c switch
        {
            < ' ' or (>= '\x7f' and <= '\x9f') => true,
            // Soft hyphen, Arabic letter mark, Hangul fillers, Mongolian separator, zero widths and marks of direction.
            '\u00ad' or '\u061c' or '\u115f' or '\u1160' or '\u180e' or '\u3164' or '\uffa0' => true,
            '\u200b' or '\u200e' or '\u200f' => true,
            (>= '\u2028' and <= '\u202e') or (>= '\u2060' and <= '\u206f') => true,
            '\ufeff' or (>= '\ufff9' and <= '\ufffb') => true,
            _ => false,
        };

    /// <summary>The same of a whole character.</summary>
    public static bool IsHarmful(Rune rune) =>
        // Tags, which no font shows, spell hidden text.
        rune.IsBmp
            ? IsHarmful((char)rune.Value)
            : rune.Value is >= 0xE0000 and <= 0xE0FFF;

    /// <summary>The escape of one character.</summary>
    public static string Escaped(char c) =>
        c switch
        {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture),
        };

    private static string Clean(string text, bool keepsLines)
    {
        StringBuilder? clean = null;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            int width = 1;
            bool harmful = IsHarmful(c) && !(keepsLines && c is '\n' or '\t');
            if (char.IsSurrogate(c))
            {
                bool pair = char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
                width = pair ? 2 : 1;
                harmful = !pair || IsHarmful(new Rune(c, text[i + 1]));
            }

            if (harmful)
            {
                clean ??= new StringBuilder(text, 0, i, text.Length + 16);
                for (int k = 0; k < width; k++)
                {
                    clean.Append(Escaped(text[i + k]));
                }
            }
            else
            {
                clean?.Append(text, i, width);
            }

            i += width - 1;
        }

        return clean?.ToString() ?? text;
    }
}
