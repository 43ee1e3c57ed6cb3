// Folder Site: the pages as files of HTML that need no server and no network.
// Refuses to know: where they are published.
using MultiTurnTrainer.Documentation.Text;

namespace MultiTurnTrainer.Documentation.Site;

/// <summary>Writes a manual as a static site: a page a topic, one style sheet, one script, and an index of words that the script searches.</summary>
public static class SiteWriter
{
    /// <summary>Writes every file into a folder.</summary>
    /// <param name="manual">The pages.</param>
    /// <param name="folder">Where to; it is created.</param>
    /// <param name="force">Whether files that are there may be replaced.</param>
    /// <returns>How many files were written.</returns>
    /// <exception cref="MttException">A file is there already or cannot be written.</exception>
    public static int Write(Manual manual, string folder, bool force)
    {
        (string Name, string Text)[] files = [.. Files(manual)];
        string? taken = files.Select(file => Path.Combine(folder, file.Name)).FirstOrDefault(File.Exists);
        if (taken is not null && !force)
        {
            throw new MttException(
                $"{taken}: already exists",
                "Choose an empty folder, or give --force to replace the files."
            );
        }

        foreach ((string name, string text) in files)
        {
            OutputFile.WriteAllBytes(Path.Combine(folder, name), Encoding.UTF8.GetBytes(text), force: true);
        }

        return files.Length;
    }

    /// <summary>Every file by its name.</summary>
    internal static IEnumerable<(string Name, string Text)> Files(Manual manual)
    {
        yield return ("site.css", HtmlPage.ShellStyle + "\n" + Resource("site.css"));
        yield return ("site.js", Resource("site.js"));
        yield return ("search-index.js", SearchIndex(manual));
        foreach (ManualPage page in manual.Pages.Prepend(manual.Home))
        {
            yield return ($"{page.Topic}.html", new SitePage(manual, page).ToHtml());
        }
    }

    // A script, not JSON: a page that is opened from a disk may not fetch.
    private static string SearchIndex(Manual manual)
    {
        StringBuilder index = new("window.mttSections=[\n");
        foreach (PageSection section in manual.Pages.SelectMany(page => page.Sections))
        {
            string fragment = section.Anchor.Length == 0 ? "" : $"#{section.Anchor}";
            string[] entry =
            [
                $"{section.Page.Topic}.html{fragment}",
                section.Page.Title,
                section.Heading,
                section.Text,
            ];
            index.Append(JsonText.AsciiLine(entry)).Append(",\n");
        }

        return index.Append("];\n").ToString();
    }

    private static string Resource(string name)
    {
        using StreamReader reader = new(typeof(SiteWriter).Assembly.GetManifestResourceStream($"site/{name}")!);
        return reader.ReadToEnd();
    }
}
