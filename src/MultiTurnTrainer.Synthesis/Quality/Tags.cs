namespace MultiTurnTrainer.Synthesis.Quality;

/// <summary>
/// Tags of a question without a model: its content words, and pairs of content words that follow one another. The paper
/// labels questions with a tagging model (InsTag); shares between rounds can be compared, absolute counts cannot.
/// </summary>
internal static class Tags
{
    public static HashSet<string> Of(IReadOnlyList<string> words)
    {
        HashSet<string> tags = new(StringComparer.Ordinal);
        string? previous = null;
        foreach (string word in words)
        {
            if (!Words.IsContent(word))
            {
                previous = null;
                continue;
            }

            tags.Add(word);
            if (previous is not null)
            {
                tags.Add($"{previous} {word}");
            }

            previous = word;
        }

        return tags;
    }
}
