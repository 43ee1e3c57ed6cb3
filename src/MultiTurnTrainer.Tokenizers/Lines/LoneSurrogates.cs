namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>Reads the inside of a JSON string that holds lone surrogates.</summary>
internal static class LoneSurrogates
{
    /// <summary>The text, every lone surrogate replaced by U+FFFD. The string is known to be valid JSON otherwise.</summary>
    public static string Replace(ReadOnlySpan<char> json)
    {
        StringBuilder text = new(json.Length);
        for (int i = 0; i < json.Length; i++)
        {
            if (json[i] != '\\')
            {
                text.Append(json[i]);
                continue;
            }

            char escape = json[++i];
            if (escape == 'u')
            {
                text.Append(
                    (char)int.Parse(json.Slice(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                );
                i += 4;
                continue;
            }

            text.Append(
                escape switch
                {
                    'b' => '\b',
                    'f' => '\f',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    _ => escape,
                }
            );
        }

        StringBuilder valid = new(text.Length);
        foreach (Rune rune in text.ToString().EnumerateRunes())
        {
            valid.Append(rune);
        }

        return valid.ToString();
    }
}
