using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Documentation.Tests;

public partial class LibraryPagesTests
{
    private static string Text(string topic) => RepositoryPages.Manual.Find(topic)!.ToText(null, 200)!;

    [Fact]
    public void Pages_OfTheBuild_AreTheRoomsButTheCommandLine() =>
        Assert.Equal(
            Directory
                .EnumerateDirectories(Path.Combine(Repository.Root, "src"))
                .Select(path => Path.GetFileName(path)["MultiTurnTrainer.".Length..])
                .Where(room => room != "Cli")
                .Select(room => $"api-{room.ToLowerInvariant()}")
                .Order(),
            RepositoryPages
                .Manual.Pages.Select(page => page.Topic)
                .Where(topic => topic.StartsWith("api-", StringComparison.Ordinal))
                .Order()
        );

    /// <summary>Against reflection: the public types are there, the others are not.</summary>
    [Fact]
    public void Types_OfALibrary_AreThePublicOnes()
    {
        string[] headings =
        [
            .. RepositoryPages
                .Manual.Find("api-documentation")!
                .Sections.Where(section => section.Level == 3)
                .Select(section => section.Heading),
        ];

        Assert.Equal(typeof(Manual).Assembly.GetExportedTypes().Select(type => type.Name).Order(), headings.Order());
        Assert.DoesNotContain("PageMarkdown", headings);
    }

    [Theory]
    [InlineData(
        "api-documentation",
        "`IReadOnlyList<string> FindNearest(string topic)`: The topics whose names are nearest to a word"
    )]
    [InlineData("api-documentation", "`ManualPage Find(string topic)`")]
    [InlineData("api-documentation", "`new Manual(Func<string, string> read, IReadOnlyList<ManualPage> libraries)`")]
    [InlineData("api-documentation", "throws `MttException`: The list, or a page that it names, is missing.")]
    [InlineData("api-files", "`string Of(long count, string one, string many)`: A count and its noun")]
    [InlineData("api-files", "static class A number with its noun")]
    public void Members_OfALibrary_HaveSignatureAndWords(string topic, string expected) =>
        Assert.Contains(expected, Blanks().Replace(Text(topic), " "), StringComparison.Ordinal);

    /// <summary>A kind of member whose names the metadata does not give as the XML docs have them would be left out in silence.</summary>
    [Fact]
    public void Members_OfEveryLibrary_AreMostlyDocumented()
    {
        int members = RepositoryPages
            .Manual.Pages.Where(page => page.Topic.StartsWith("api-", StringComparison.Ordinal))
            .Sum(page => Member().Count(Text(page.Topic)));
        Assert.InRange(members, 1500, 10000);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex("^- `", RegexOptions.Multiline)]
    private static partial Regex Member();
}
