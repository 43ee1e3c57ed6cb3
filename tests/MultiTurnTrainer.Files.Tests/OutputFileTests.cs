namespace MultiTurnTrainer.Files.Tests;

public class OutputFileTests
{
    [Fact]
    public void Dispose_WithoutCommit_LeavesNothing()
    {
        using TempFolder folder = new();
        using (OutputFile file = OutputFile.Create(folder["out.txt"], force: false))
        {
            file.Stream.Write("half"u8);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Commit_GivesTheWholeFileItsName()
    {
        using TempFolder folder = new();
        OutputFile.WriteAllBytes(folder["deep/out.txt"], "whole"u8, force: false);
        Assert.Equal("whole", File.ReadAllText(folder["deep/out.txt"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder["deep"]));
    }

    [Fact]
    public void Create_AfterAKilledRun_RemovesItsLeftovers()
    {
        using TempFolder folder = new();
        folder.Write("out.txt.tmp-0123456789abcdef", "half");
        folder.Write(".out.txt.mtt-lock", "");
        folder.Write("out.txt.tmp-notes", "another's");
        OutputFile.WriteAllBytes(folder["out.txt"], "whole"u8, force: false);
        Assert.Equal(
            ["out.txt", "out.txt.tmp-notes"],
            Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Create_OverAFile_NeedsForce(bool force)
    {
        using TempFolder folder = new();
        string path = folder.Write("out.txt", "old");
        if (force)
        {
            OutputFile.WriteAllBytes(path, "new"u8, force: true);
            Assert.Equal("new", File.ReadAllText(path));
        }
        else
        {
            MttException problem = Assert.Throws<MttException>(() => OutputFile.Create(path, force: false));
            Assert.Contains("--force", problem.Remedy, StringComparison.Ordinal);
            Assert.Equal("old", File.ReadAllText(path));
        }
    }

    [Fact]
    public void Create_OverAFolder_IsRefused()
    {
        using TempFolder folder = new();
        Assert.Throws<MttException>(() => OutputFile.Create(folder.Path, force: true));
    }
}
