using System.Text.RegularExpressions;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using MultiTurnTrainer.Documentation.Text;

namespace MultiTurnTrainer.Documentation.Tests;

/// <summary>Every link of every page leads somewhere: to a page, to a heading of one, to a file of the repository.</summary>
public partial class LinksTests
{
    public static TheoryData<string> Files => [.. RepositoryPages.Files];

    [Theory]
    [MemberData(nameof(Files))]
    public void Links_OfAPage_LeadSomewhere(string file) => Assert.Empty(Broken(file, RepositoryPages.Page(file)));

    [Fact]
    public void Links_OfTheLibraries_AreNone() =>
        Assert.All(
            RepositoryPages.Manual.Pages.Where(page => page.Topic.StartsWith("api-", StringComparison.Ordinal)),
            page => Assert.Empty(page.Parse().Descendants<LinkInline>())
        );

    [Theory]
    [InlineData("[x](nothing.md)", 1)]
    [InlineData("[x](masking.md#nothing)", 1)]
    [InlineData("[x](#nothing)", 1)]
    [InlineData("[x](../src/nothing.cs)", 1)]
    [InlineData("![x](figures/nothing.svg)", 1)]
    [InlineData("[x](http:/half)", 1)]
    [InlineData(
        "[x](masking.md#weights), [y](#here), ![z](figures/mask.svg), [w](https://arxiv.org/abs/1)\n\n## Here",
        0
    )]
    public void Broken_Link_IsFound(string markdown, int count) =>
        Assert.Equal(count, Broken("docs/hub.md", new ManualPage("test", "", "", () => markdown)).Count());

    [Theory]
    [MemberData(nameof(Files))]
    public void Html_OfAPage_IsCommentsAlone(string file) =>
        Assert.DoesNotContain(
            Markdig.Markdown.Parse(File.ReadAllText(Path.Combine(Repository.Root, file))).Descendants(),
            block => block is HtmlBlock { Type: not HtmlBlockType.Comment } or HtmlInline
        );

    /// <summary>Errors, hints and alerts name pages of an installed tool.</summary>
    [Fact]
    public void Topics_ThatTheProgramNames_Exist()
    {
        string[] named =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
                .Append(Path.Combine(Repository.Root, "scripts/observe/alerts.yml"))
                .SelectMany(path => Topic().Matches(File.ReadAllText(path)))
                .Select(match => match.Groups[1].Value)
                .Distinct(),
        ];
        Assert.InRange(named.Length, 10, 100);
        Assert.All(
            named,
            topic =>
                Assert.Contains(
                    topic,
                    RepositoryPages.Manual.Pages.SelectMany(page => page.Sections).Select(section => section.Topic)
                )
        );
    }

    private static IEnumerable<string> Broken(string file, ManualPage page) =>
        page.Parse().Descendants<LinkInline>().Select(link => link.Url!).Where(url => !Leads(file, page, url));

    private static bool Leads(string file, ManualPage page, string url)
    {
        if (url.Contains(':', StringComparison.Ordinal))
        {
            return Uri.TryCreate(url, UriKind.Absolute, out Uri? address)
                && address is { Scheme: "http" or "https", Host.Length: > 3 };
        }

        string[] parts = url.Split('#', 2);
        string target =
            parts[0].Length == 0
                ? file
                : Path.GetRelativePath(
                    Repository.Root,
                    Path.Combine(Repository.Root, Path.GetDirectoryName(file)!, parts[0])
                );
        return Path.Exists(Path.Combine(Repository.Root, target))
            && !target.StartsWith("..", StringComparison.Ordinal)
            && (
                parts.Length == 1
                || (target == file ? page : RepositoryPages.Page(target))
                    .Parse()
                    .Descendants<HeadingBlock>()
                    .Any(heading => PageMarkdown.Anchor(heading) == parts[1])
            );
    }

    [GeneratedRegex(@"mtt docs ([a-z]+(?:-[a-z]+)*(?:#[a-z-]+)?)(?![A-Z-])")]
    private static partial Regex Topic();
}
