namespace MultiTurnTrainer.Context.Constraints;

/// <summary>
/// Phrases that are looked for in folded text, at the edges of words; a phrase in Chinese characters anywhere, since
/// nothing parts words there. One pass of a vectorised search finds all of them.
/// </summary>
internal sealed class CueList
{
    private readonly string[] _phrases;
    private readonly SearchValues<string> _any;

    public CueList(params string[] phrases)
    {
        _phrases = [.. phrases.Distinct().OrderByDescending(phrase => phrase.Length)];
        _any = SearchValues.Create(_phrases, StringComparison.Ordinal);
    }

    /// <summary>Whether one of the phrases is in the text.</summary>
    public bool IsIn(ReadOnlySpan<char> text)
    {
        for (int from = 0; from < text.Length; )
        {
            int found = text[from..].IndexOfAny(_any);
            if (found < 0)
            {
                return false;
            }

            from += found;
            if (IsEdge(text, from) && LongestAt(text[from..]) > 0)
            {
                return true;
            }

            from++;
        }

        return false;
    }

    /// <summary>Whether the text begins with one of the phrases.</summary>
    public bool StartsAt(ReadOnlySpan<char> text) => LongestAt(text) > 0;

    /// <summary>The length of the longest phrase with which the text begins; 0 for none.</summary>
    public int LongestAt(ReadOnlySpan<char> text)
    {
        foreach (string phrase in _phrases)
        {
            if (text.StartsWith(phrase, StringComparison.Ordinal) && IsEdge(text, phrase.Length))
            {
                return phrase.Length;
            }
        }

        return 0;
    }

    private static bool IsEdge(ReadOnlySpan<char> text, int at) =>
        at == 0 || at == text.Length || !IsWord(text[at - 1]) || !IsWord(text[at]);

    // Chinese characters are words by themselves.
    private static bool IsWord(char c) => char.IsLetterOrDigit(c) && c is < '\u3400' or > '\u9fff';
}
