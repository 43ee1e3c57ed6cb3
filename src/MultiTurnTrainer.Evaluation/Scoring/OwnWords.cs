namespace MultiTurnTrainer.Evaluation.Scoring;

/// <summary>How much of a reply a model has from what it said wrongly before.</summary>
public static class OwnWords
{
    // Shorter runs of words stand in unrelated sentences too.
    private const int RunWords = 3;

    /// <summary>
    /// The share of the reply's words, 0 to 1, that lie in a run of at least three words (of the whole reply where it is shorter)
    /// which stands in an earlier wrong reply and in no turn of the user.
    /// </summary>
    /// <param name="reply">The reply.</param>
    /// <param name="wrong">Earlier replies of the same model that were wrong.</param>
    /// <param name="user">What the user said.</param>
    public static double CopiedShare(string reply, IEnumerable<string> wrong, IEnumerable<string> user)
    {
        string[] words = Words(reply);
        if (words.Length == 0)
        {
            return 0;
        }

        int run = Math.Min(RunWords, words.Length);
        HashSet<string> own = [.. wrong.SelectMany(text => Runs(Words(text), run))];
        own.ExceptWith(user.SelectMany(text => Runs(Words(text), run)));
        bool[] copied = new bool[words.Length];
        int start = 0;
        foreach (string candidate in Runs(words, run))
        {
            if (own.Contains(candidate))
            {
                copied.AsSpan(start, run).Fill(true);
            }

            start++;
        }

        return copied.Count(word => word) / (double)words.Length;
    }

    private static string[] Words(string text) => text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Runs(string[] words, int length) =>
        Enumerable
            .Range(0, Math.Max(0, words.Length - length + 1))
            .Select(start => string.Join(' ', words[start..(start + length)]));
}
