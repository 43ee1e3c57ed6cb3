using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Documentation.Tests;

public class ManualTests
{
    private static readonly Manual _small = new(
        path =>
            path switch
            {
                "index.md" =>
                    "# Home\n\n## Begin\n\n- [First](first.md): what is first\n\n## Notes\n\nno pages\n\n## End\n\n- [Second](second.md): the rest\n",
                "first.md" =>
                    "# First page\n\nAbout lamps.\n\n## Colours of lamps\n\nRed and green lamps.\n\n### Red\n\nA lamp.\n",
                "second.md" => "# Second page\n\nLamps again, and chairs.\n",
                _ => null,
            },
        []
    );

    [Fact]
    public void Chapters_OfTheRepository_ListEveryPageOnce()
    {
        string[] listed =
        [
            .. RepositoryPages
                .Manual.Pages.Select(page => page.Topic)
                .Where(topic => !topic.StartsWith("api-", StringComparison.Ordinal)),
        ];
        string[] there =
        [
            .. Directory
                .EnumerateFiles(RepositoryPages.Folder, "*.md")
                .Select(path => Path.GetFileNameWithoutExtension(path)!)
                .Where(name => name != "index"),
        ];

        Assert.Equal(there.Order(), listed.Order());
    }

    [Fact]
    public void Chapters_ListWithAChapterWithoutPages_HasTheOthers() =>
        Assert.Equal(
            ["Begin: first", "End: second"],
            _small.Chapters.Select(chapter =>
                $"{chapter.Title}: {string.Join(", ", chapter.Pages.Select(page => page.Topic))}"
            )
        );

    [Fact]
    public void Sections_OfAPage_HaveAnchorsAndText() =>
        Assert.Equal(
            ["first: About lamps.", "first#colours-of-lamps: Red and green lamps.", "first#red: A lamp."],
            _small.Find("first")!.Sections.Select(section => $"{section.Topic}: {section.Text}")
        );

    [Fact]
    public void Read_PageThatIsMissing_IsNamed()
    {
        Manual manual = new(path => path == "index.md" ? "# H\n\n## A\n\n- [Gone](gone.md): x\n" : null, []);

        Assert.Contains(
            "gone.md",
            Assert.Throws<MttException>(() => manual.Pages[0].Sections).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("lamps", "first#colours-of-lamps first second")]
    [InlineData("LAMPS  again", "second")]
    [InlineData("lamps nothing", "")]
    [InlineData(" ", "")]
    public void Find_Words_GivesTheSectionsWithAllOfThem(string words, string expected) =>
        Assert.Equal(expected, string.Join(' ', ManualSearch.Find(_small, words).Select(section => section.Topic)));

    [Theory]
    [InlineData("maskin", "masking")]
    [InlineData("masks", "about-masks")]
    [InlineData("session", "sessions")]
    [InlineData("maigo", "about-maigo")]
    [InlineData("slurm", "cookbook-slurm")]
    public void FindNearest_NearlyAName_GivesIt(string topic, string expected) =>
        Assert.Contains(expected, RepositoryPages.Manual.FindNearest(topic));

    [Fact]
    public void FindNearest_NoName_GivesNothing() => Assert.Empty(RepositoryPages.Manual.FindNearest("zzzzzz"));
}
