using MultiTurnTrainer.Documentation.Text;

namespace MultiTurnTrainer.Documentation.Site;

/// <summary>A page of the site: the search, the list of all pages with the headings of this one, what it says, and the pages before and after.</summary>
/// <param name="manual">Where it stands.</param>
/// <param name="page">The page.</param>
internal sealed class SitePage(Manual manual, ManualPage page)
{
    /// <summary>The whole file.</summary>
    public string ToHtml() =>
        $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
            <title>{Escape(page.Title)}{(page == manual.Home ? "" : " · mtt")}</title><link rel="icon" href="data:,">
            <link rel="stylesheet" href="site.css"><script src="site.js"></script></head>
            <body>
            <a class="skip" href="#content">To the text</a>
            <header><a href="index.html"><b>mtt</b> documentation</a><a class="to-pages" href="#pages">All pages</a>
            <div class="search" hidden><input type="search" placeholder="Search" aria-label="Search the documentation" autocomplete="off"><div class="found" role="region" aria-label="Found" aria-live="polite"></div></div>
            <button class="theme" type="button" hidden>Dark</button></header>
            <main id="content">
            {Content()}
            {Neighbours()}
            </main>
            <nav id="pages" aria-label="All pages">{Pages()}</nav>
            </body></html>

            """;

    private static string Escape(string text) => HtmlPage.Escape(text);

    private string Content()
    {
        MarkdownDocument document = page.Parse();
        foreach (LinkInline link in document.Descendants<LinkInline>().ToArray())
        {
            Rewrite(link);
        }

        return PageMarkdown
            .ToHtml(document)
            .Replace("<table>", "<div class=\"wide\" tabindex=\"0\"><table>", StringComparison.Ordinal)
            .Replace("</table>", "</table></div>", StringComparison.Ordinal)
            .Replace("<pre>", "<pre tabindex=\"0\">", StringComparison.Ordinal);
    }

    private void Rewrite(LinkInline link)
    {
        (string path, string fragment) = link.Url!.Split('#', 2) is [var before, var after]
            ? (before, $"#{after}")
            : (link.Url, "");
        if (link.IsImage)
        {
            // Inside the page a figure follows its colours.
            string label = Escape(PlainText.Of(link, keepCode: false));
            link.ReplaceBy(
                new HtmlInline(
                    $"<span class=\"figure\" role=\"img\" aria-label=\"{label}\">{manual.Read(path)}</span>"
                ),
                copyChildren: false
            );
        }
        else if (path.EndsWith(".md", StringComparison.Ordinal) && manual.Find(path[..^3]) is { } target)
        {
            link.Url = $"{target.Topic}.html{fragment}";
        }
        else if (path.Length > 0 && !path.Contains("://", StringComparison.Ordinal))
        {
            // A file of the repository, which an installed mtt does not have.
            string name = Escape(path.Replace("../", "", StringComparison.Ordinal));
            link.ReplaceBy(
                new HtmlInline(
                    $"<span title=\"in the repository: {name}\">{Escape(PlainText.Of(link, keepCode: false))}</span>"
                ),
                copyChildren: false
            );
        }
    }

    private string Pages()
    {
        StringBuilder list = new();
        foreach (ManualChapter chapter in manual.Chapters)
        {
            list.Append($"<h2>{Escape(chapter.Title)}</h2><ul>\n");
            foreach (ManualPage other in chapter.Pages)
            {
                list.Append(
                    other == page
                        ? $"<li><a href=\"{other.Topic}.html\" aria-current=\"page\">{Escape(other.Title)}</a>{Headings()}</li>\n"
                        : $"<li><a href=\"{other.Topic}.html\">{Escape(other.Title)}</a></li>\n"
                );
            }

            list.Append("</ul>");
        }

        return list.ToString();
    }

    private string Headings()
    {
        string items = string.Concat(
            page.Sections.Where(section => section.Level == 2)
                .Select(section => $"<li><a href=\"#{section.Anchor}\">{Escape(section.Heading)}</a></li>")
        );
        return items.Length == 0 ? "" : $"<ul>{items}</ul>";
    }

    private string Neighbours()
    {
        int at = manual.Pages.ToList().IndexOf(page);
        string Link(int i, string mark) =>
            manual.Pages.ElementAtOrDefault(i) is { } other && i >= 0
                ? $"<a href=\"{other.Topic}.html\" rel=\"{mark}\">{Escape(other.Title)}</a>"
                : "<span></span>";
        return at < 0 ? "" : $"<p class=\"neighbours\">{Link(at - 1, "prev")}{Link(at + 1, "next")}</p>";
    }
}
