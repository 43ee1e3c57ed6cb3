namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt docs</c> prints.</summary>
internal static class DocsText
{
    private const int Widest = 110;
    private const int Narrowest = 40;
    private const int PartOfText = 150;
    private const int MostFound = 12;

    private static int Width =>
        Console.IsOutputRedirected ? Widest : Math.Clamp(Console.WindowWidth, Narrowest, Widest);

    /// <summary>Every page with what it has, by chapter.</summary>
    public static string List(Manual manual)
    {
        StringBuilder text = new();
        int longest = manual.Pages.Max(page => page.Topic.Length);
        foreach (ManualChapter chapter in manual.Chapters)
        {
            text.Append(chapter.Title).Append('\n');
            foreach (ManualPage page in chapter.Pages)
            {
                string first = $"  {page.Topic.PadRight(longest)}  ";
                text.Append(TerminalText.Wrap(page.Summary, Width, first, new string(' ', first.Length)));
            }

            text.Append('\n');
        }

        return text.Append(
                "mtt docs TOPIC prints a page, mtt docs --search WORD… searches them, mtt docs --site DIR writes a site.\n"
            )
            .ToString();
    }

    /// <summary>A page, or a section of one.</summary>
    /// <exception cref="MttException">There is no such page or section.</exception>
    public static string Page(Manual manual, string topic)
    {
        string[] parts = topic.Split('#', 2);
        ManualPage page = manual.Find(parts[0]) ?? throw NoPage(manual, parts[0]);
        return page.ToText(parts.ElementAtOrDefault(1), Width)
            ?? throw new MttException(
                $"{topic}: the page has no such section",
                $"Its sections: {string.Join(", ", page.Sections.Skip(1).Select(section => section.Anchor))}."
            );
    }

    /// <summary>What a search found.</summary>
    /// <param name="found">The sections, the best first.</param>
    /// <param name="words">What was looked for.</param>
    public static string Found(IReadOnlyList<PageSection> found, IReadOnlyList<string> words)
    {
        StringBuilder text = new();
        foreach (PageSection section in found.Take(MostFound))
        {
            text.Append($"mtt docs {section.Topic}\n");
            text.Append(TerminalText.Wrap(section.Heading, Width, "    ", "    "));
            text.Append(TerminalText.Wrap(Around(section.Text, words[0]), Width, "    ", "    "));
        }

        return text.Append(
                found.Count == 0 ? "no section has all of these words\n"
                : found.Count > MostFound ? $"{found.Count - MostFound:N0} more: add a word\n"
                : ""
            )
            .ToString();
    }

    private static string Around(string text, string word)
    {
        int at = Math.Max(0, text.IndexOf(word, StringComparison.OrdinalIgnoreCase) - (PartOfText / 3));
        int end = Math.Min(text.Length, at + PartOfText);
        return $"{(at > 0 ? "…" : "")}{text[at..end]}{(end < text.Length ? "…" : "")}";
    }

    private static MttException NoPage(Manual manual, string topic)
    {
        IReadOnlyList<string> near = manual.FindNearest(topic);
        return new MttException(
            $"{topic}: there is no such page",
            Catalogue.Find(topic) is not null ? $"mtt explain {topic} says what this finding means."
                : near.Count > 0 ? $"Did you mean {string.Join(", ", near)}? 'mtt docs' lists all."
                : "'mtt docs' lists all; mtt docs --search WORD… searches them."
        );
    }
}
