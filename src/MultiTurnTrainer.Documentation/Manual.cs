// Folder Documentation: pages in Markdown as a list, as sections to search, as text and as a site.
// Refuses to know: what the pages say.
namespace MultiTurnTrainer.Documentation;

/// <summary>Some pages that belong together.</summary>
/// <param name="Title">What they are about.</param>
/// <param name="Pages">The pages, in reading order.</param>
public sealed record ManualChapter(string Title, IReadOnlyList<ManualPage> Pages);

/// <summary>
/// The pages that <c>index.md</c> lists: its headings are the chapters, and a line <c>- [Title](topic.md): summary</c> is a page. A page
/// that is not listed is not part of it.
/// </summary>
public sealed partial class Manual
{
    private readonly Func<string, string?> _read;
    private readonly Dictionary<string, ManualPage> _pages;

    /// <summary>Reads the list; a page is read when it is asked for.</summary>
    /// <param name="read">Gives the text of a file by its path below the folder of the pages, such as <c>figures/mask.svg</c>; null where there is none.</param>
    /// <param name="libraries">Pages that are made of the program, for a chapter at the end; empty where there are none.</param>
    /// <exception cref="MttException">The list, or a page that it names, is missing.</exception>
    public Manual(Func<string, string?> read, IReadOnlyList<ManualPage> libraries)
    {
        _read = read;
        string list = Read("index.md");
        Home = new ManualPage("index", "mtt", "", () => list);
        Chapters = [.. ReadChapters(list)];
        if (libraries.Count > 0)
        {
            Chapters = [.. Chapters, new ManualChapter("Libraries", libraries)];
        }

        Pages = [.. Chapters.SelectMany(chapter => chapter.Pages)];
        _pages = Pages.Append(Home).ToDictionary(page => page.Topic, StringComparer.Ordinal);
    }

    /// <summary>The page of the list itself.</summary>
    public ManualPage Home { get; }

    /// <summary>The chapters, in reading order.</summary>
    public IReadOnlyList<ManualChapter> Chapters { get; }

    /// <summary>Every page but the list, in reading order.</summary>
    public IReadOnlyList<ManualPage> Pages { get; }

    /// <summary>The text of a file beside the pages.</summary>
    /// <exception cref="MttException">There is no such file.</exception>
    public string Read(string path) =>
        _read(path) ?? throw new MttException($"{path}: is not among the pages", "This build of mtt is not whole.");

    /// <summary>A page by its topic; null where there is none.</summary>
    public ManualPage? Find(string topic) => _pages.GetValueOrDefault(topic);

    /// <summary>The topics whose names are nearest to a word, the nearest first.</summary>
    public IReadOnlyList<string> FindNearest(string topic)
    {
        string wanted = topic.ToLowerInvariant();
        string[] known = [.. Pages.Select(page => page.Topic)];
        IEnumerable<string> near = Nearest.To(wanted, known) is { } nearest ? [nearest] : [];
        return
        [
            .. near.Concat(
                    known.Where(name =>
                        wanted.Length > 2
                        && (
                            name.Contains(wanted, StringComparison.Ordinal)
                            || wanted.Contains(name, StringComparison.Ordinal)
                        )
                    )
                )
                .Distinct()
                .Take(4),
        ];
    }

    private IEnumerable<ManualChapter> ReadChapters(string list)
    {
        foreach (string part in list.Split("\n## ")[1..])
        {
            ManualPage[] pages =
            [
                .. PageLine()
                    .Matches(part)
                    .Select(match => match.Groups)
                    .Select(line => new ManualPage(
                        line["topic"].Value,
                        line["title"].Value,
                        line["summary"].Value,
                        () => Read($"{line["topic"].Value}.md")
                    )),
            ];
            if (pages.Length > 0)
            {
                yield return new ManualChapter(part[..part.IndexOf('\n')], pages);
            }
        }
    }

    [GeneratedRegex(@"^- \[(?<title>[^\]]+)\]\((?<topic>[a-z0-9-]+)\.md\): (?<summary>.+)$", RegexOptions.Multiline)]
    private static partial Regex PageLine();
}
