namespace MultiTurnTrainer.Files.Tests;

public sealed class OutputPathsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void RefuseClash_AnOutputThatIsAnInputByALink_IsRefused()
    {
        string file = _folder.Write("a.jsonl", "x");
        string link = _folder["link.jsonl"];
        File.CreateSymbolicLink(link, file);
        string way = Path.Combine(_folder.Path, "sub", "..", "a.jsonl");
        Assert.Contains("one of the inputs", Problem([link], way), StringComparison.Ordinal);
        Assert.Contains("one of the inputs", Problem([file], null, link), StringComparison.Ordinal);
    }

    [Fact]
    public void RefuseClash_OneFileForTwoOutputs_IsRefused() =>
        Assert.Contains("two outputs", Problem(["in"], _folder["b"], _folder["b"]), StringComparison.Ordinal);

    [Fact]
    public void RefuseClash_DifferentFiles_AreFine() =>
        OutputPaths.RefuseClash(["-", _folder["a"], _folder["a"]], _folder["b"], null, null, _folder["c"]);

    private static string Problem(string[] inputs, params string?[] outputs) =>
        Assert.Throws<MttException>(() => OutputPaths.RefuseClash(inputs, outputs)).Message;
}
