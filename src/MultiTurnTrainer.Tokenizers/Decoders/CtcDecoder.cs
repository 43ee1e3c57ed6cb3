namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary><c>CTC</c>: repeated tokens once, padding out, word delimiters to spaces.</summary>
internal sealed class CtcDecoder(string padToken, string wordDelimiter, bool cleanup) : ITokenDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> parts)
    {
        List<string> result = new(parts.Count);
        for (int i = 0; i < parts.Count; i++)
        {
            if (i > 0 && parts[i] == parts[i - 1])
            {
                continue;
            }

            string text = Without(parts[i], padToken, "");
            text = cleanup ? Without(WordPieceDecoder.CleanUp(text), wordDelimiter, " ") : text;
            if (text.Length > 0)
            {
                result.Add(text);
            }
        }

        return result;
    }

    // An empty text stands before every character and at the end.
    private static string Without(string text, string what, string replacement) =>
        what.Length > 0 ? text.Replace(what, replacement, StringComparison.Ordinal)
        : replacement.Length == 0 ? text
        : replacement + string.Concat(text.EnumerateRunes().Select(r => r + replacement));
}
