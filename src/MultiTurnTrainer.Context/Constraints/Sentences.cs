namespace MultiTurnTrainer.Context.Constraints;

/// <summary>Cuts text into sentences, Latin and Chinese punctuation alike.</summary>
internal static class Sentences
{
    /// <summary>The sentences, trimmed, with their punctuation; list marks at their beginning are left out.</summary>
    public static IEnumerable<string> Of(string text)
    {
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (!Ends(text, i))
            {
                continue;
            }

            if (Piece(text, start, i + 1) is { } sentence)
            {
                yield return sentence;
            }

            start = i + 1;
        }

        if (Piece(text, start, text.Length) is { } rest)
        {
            yield return rest;
        }
    }

    private static bool Ends(string text, int at) =>
        text[at] switch
        {
            '\n' or '。' or '！' or '？' or '；' => true,
            '!' or '?' or ';' => at + 1 == text.Length || char.IsWhiteSpace(text[at + 1]),
            '.' => (at + 1 == text.Length || char.IsWhiteSpace(text[at + 1])) && !IsAbbreviation(text, at),
            _ => false,
        };

    // "e.g. this", "3. May", "z. B. so": a single letter or a number before the dot, and more text behind it.
    private static bool IsAbbreviation(string text, int dot)
    {
        int start = dot;
        while (start > 0 && char.IsLetterOrDigit(text[start - 1]))
        {
            start--;
        }

        ReadOnlySpan<char> word = text.AsSpan(start, dot - start);
        bool isShort = word.Length == 1 && char.IsLetter(word[0]) && word[0] is not ('I' or 'C');
        bool isOrdinal = word.Length is 1 or 2 && word.IndexOfAnyExceptInRange('0', '9') < 0 && Goes(text, dot + 1);
        return dot + 1 < text.Length && (isShort || isOrdinal) && dot > start;
    }

    // After an ordinal the sentence goes on: "am 3. Mai", "die 2. und letzte".
    private static bool Goes(string text, int at)
    {
        ReadOnlySpan<char> next = text.AsSpan(at).TrimStart();
        return next.Length > 0 && (char.IsLower(next[0]) || _months.StartsAt(next));
    }

    private static readonly CueList _months = new(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember"
    );

    private static string? Piece(string text, int start, int end)
    {
        ReadOnlySpan<char> piece = text.AsSpan(start, end - start).Trim().TrimStart("-*•# ").TrimEnd();
        return piece.IndexOfAnyExcept(".!?;。！？；") < 0 ? null : piece.ToString();
    }
}
