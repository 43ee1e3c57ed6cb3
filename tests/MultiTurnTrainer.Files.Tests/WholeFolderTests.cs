namespace MultiTurnTrainer.Files.Tests;

public sealed class WholeFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_OfAFolderThatIsThere_ReplacesItWhole()
    {
        _folder.Write("out/old", "old");

        Assert.Equal(7, Write("out", force: true, [], 7));

        Assert.Equal(["new"], Directory.GetFiles(_folder["out"]).Select(Path.GetFileName));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Write_ThatFails_LeavesWhatWasThere()
    {
        _folder.Write("out/old", "old");

        MttException problem = Assert.Throws<MttException>(() =>
            WholeFolder.Write<int>(
                _folder["out"],
                force: true,
                [],
                folder =>
                {
                    File.WriteAllText(Path.Combine(folder, "new"), "half");
                    throw new IOException("no more");
                }
            )
        );

        Assert.Contains("no more", problem.Message, StringComparison.Ordinal);
        Assert.Equal(["old"], Directory.GetFiles(_folder["out"]).Select(Path.GetFileName));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("out", "out")]
    [InlineData("out/", "out/model")]
    [InlineData(".", "out/model/")]
    public void Write_OverAnInput_IsRefused(string output, string input)
    {
        _folder.Write("out/model/weights", "all");

        MttException problem = Assert.Throws<MttException>(() => Write(output, force: true, [_folder[input]], 0));

        Assert.Contains("would be lost", problem.Message, StringComparison.Ordinal);
        Assert.Equal("all", File.ReadAllText(_folder["out/model/weights"]));
    }

    [Fact]
    public void Write_BesideAnInputOfALikeName_IsDone()
    {
        _folder.Write("out-model/weights", "all");

        Assert.Equal(1, Write("out", force: false, [_folder["out-model"]], 1));
    }

    private int Write(string output, bool force, string[] inputs, int result) =>
        WholeFolder.Write(
            _folder[output],
            force,
            inputs,
            folder =>
            {
                File.WriteAllText(Path.Combine(folder, "new"), "new");
                return result;
            }
        );
}
