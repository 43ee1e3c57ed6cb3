namespace MultiTurnTrainer.Documentation;

/// <summary>
/// Finds the sections that have every word, anywhere in page title, heading and text. <c>site.js</c> counts in the same way, so the site and the
/// terminal find the same.
/// </summary>
public static class ManualSearch
{
    private const int InHeading = 8;
    private const int InTitle = 4;
    private const int MostInText = 3;

    /// <summary>The sections with every word, the best first.</summary>
    /// <param name="manual">What is searched.</param>
    /// <param name="words">What is looked for, in any case of letters.</param>
    public static IReadOnlyList<PageSection> Find(Manual manual, string words)
    {
        string[] wanted = words.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return wanted.Length == 0
            ? []
            :
            [
                .. manual
                    .Pages.SelectMany(page => page.Sections)
                    .Select(section => (Section: section, Score: Score(section, wanted)))
                    .Where(found => found.Score > 0)
                    .OrderByDescending(found => found.Score)
                    .Select(found => found.Section),
            ];
    }

    // 0 where a word is missing.
    private static int Score(PageSection section, string[] words)
    {
        string title = section.Page.Title.ToLowerInvariant();
        string heading = section.Heading.ToLowerInvariant();
        string text = section.Text.ToLowerInvariant();
        int sum = 0;
        foreach (string word in words)
        {
            int score =
                (heading.Contains(word, StringComparison.Ordinal) ? InHeading : 0)
                + (title.Contains(word, StringComparison.Ordinal) ? InTitle : 0)
                + Math.Min(MostInText, text.Split(word).Length - 1);
            if (score == 0)
            {
                return 0;
            }

            sum += score;
        }

        return sum;
    }
}
