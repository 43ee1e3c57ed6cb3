namespace MultiTurnTrainer.Cli.Tests;

/// <summary><c>mtt docs</c>: what an installed tool shows without the repository.</summary>
public class DocsCommandTests
{
    [Fact]
    public void Docs_WithoutATopic_ListsEveryPage()
    {
        MttResult result = Run("docs");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.All(
            Directory
                .EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
                .Select(Path.GetFileNameWithoutExtension)
                .Where(name => name != "index"),
            topic => Assert.Contains($"\n  {topic} ", result.Out, StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("docs masking", "Masks: what is supervised\n====")]
    [InlineData("docs masking#weights", "Weights\n-------\n\n`weight`, `loss_weight`")]
    [InlineData("docs --search row document template", "mtt docs masking#template-variables\n")]
    [InlineData("docs --search nosuchword", "no section has all of these words\n")]
    [InlineData("docs api-files", "MultiTurnTrainer.Files\n====")]
    public void Docs_TopicOrWords_ArePrinted(string command, string expected)
    {
        MttResult result = Run(command.Split(' '));

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains(expected, result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docs maskin", "error: maskin: there is no such page\n  hint: Did you mean masking?")]
    [InlineData("docs MTT104", "error: MTT104: there is no such page\n  hint: mtt explain MTT104 says")]
    [InlineData(
        "docs masking#weigths",
        "error: masking#weigths: the page has no such section\n  hint: Its sections: weights,"
    )]
    [InlineData("docs masking --site x", "error: one of TOPIC, --search and --site is meant\n")]
    public void Docs_WhatIsNotThere_SaysWhatIs(string command, string expected)
    {
        MttResult result = Run(command.Split(' '));

        Assert.Equal((2, ""), (result.ExitCode, result.Out));
        Assert.StartsWith(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Docs_ShellAsksForCompletions_GivesTopics() =>
        Assert.Contains("cookbook-slurm", Run("[suggest:13]", "mtt docs cook").Out.Split('\n'));

    [Fact]
    public void Docs_SiteIntoAFolderThatHasOne_AsksForForce()
    {
        using TempFolder folder = new();
        folder.Write("site/index.html", "mine");

        MttResult refused = MttProcess.Run(folder.Path, ["docs", "--site", "site"]);
        MttResult forced = MttProcess.Run(folder.Path, ["docs", "--site", "site", "--force"]);

        Assert.Equal((2, 0), (refused.ExitCode, forced.ExitCode));
        Assert.Contains("already exists", refused.Error, StringComparison.Ordinal);
        Assert.Contains("<title>mtt</title>", File.ReadAllText(folder["site/index.html"]), StringComparison.Ordinal);
    }

    private static MttResult Run(params string[] args) => MttProcess.Run(Repository.Root, args);
}
