using MultiTurnTrainer.Files;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Files that are no tokenizers get one clear error.</summary>
public sealed class BadFileTests
{
    [Theory]
    [InlineData("", "JSON")]
    [InlineData("[]", "object")]
    [InlineData("{", "JSON")]
    [InlineData("{}", "model")]
    [InlineData("""{"version": "2.0", "model": {"type": "WordLevel", "vocab": {}, "unk_token": "x"}}""", "version")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b c"]}}""", "model.merges[0]")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}""", "out of the vocabulary")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}}}""", "merges")]
    [InlineData("""{"model": {"type": "Nope", "vocab": {}}}""", "Nope")]
    [InlineData(
        """{"model": {"type": "WordLevel", "vocab": {}, "unk_token": "x"}, "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated", "invert": false}}""",
        "pre_tokenizer.pattern.Regex"
    )]
    public void Load_NotATokenizer_SaysWhere(string json, string expected)
    {
        using TempFolder folder = new();
        string path = folder.Write("tokenizer.json", json);
        MttException problem = Assert.Throws<MttException>(() => Tokenizer.Load(path));
        Assert.StartsWith(path, problem.Message, StringComparison.Ordinal);
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.NotNull(problem.Remedy);
    }

    [Fact]
    public void Load_NoFile_SaysSo()
    {
        using TempFolder folder = new();
        MttException problem = Assert.Throws<MttException>(() => Tokenizer.Load(folder.Path));
        Assert.Contains("no such file", problem.Message, StringComparison.Ordinal);
    }
}
