namespace MultiTurnTrainer.Files.Tests;

public class GlobTests
{
    [Theory]
    [InlineData("a.jsonl", "a.jsonl", true)]
    [InlineData("./a.jsonl", "a.jsonl", true)]
    [InlineData("a.jsonl", "xa.jsonl", false)]
    [InlineData("a.jsonl", "a.jsonlx", false)]
    [InlineData("*.jsonl", "a.jsonl", true)]
    [InlineData("*.jsonl", ".jsonl", true)]
    [InlineData("*.jsonl", "d/a.jsonl", false)]
    [InlineData("d/*.jsonl", "d/a.jsonl", true)]
    [InlineData("d/*/a.jsonl", "d/e/a.jsonl", true)]
    [InlineData("d/*/a.jsonl", "d/e/f/a.jsonl", false)]
    [InlineData("**/a.jsonl", "a.jsonl", true)]
    [InlineData("**/a.jsonl", "d/e/a.jsonl", true)]
    [InlineData("**/a.jsonl", "d/ea.jsonl", false)]
    [InlineData("**/*.jsonl", "d/e/a.jsonl", true)]
    [InlineData("d/**/a.jsonl", "d/a.jsonl", true)]
    [InlineData("d/**/a.jsonl", "d/e/f/a.jsonl", true)]
    [InlineData("d/**", "d/e/f", true)]
    [InlineData("d**", "de/f", true)]
    [InlineData("data/train-*", "data/train-00000-of-1.parquet", true)]
    [InlineData("?.jsonl", "a.jsonl", true)]
    [InlineData("?.jsonl", "ab.jsonl", false)]
    [InlineData("d?a", "d/a", false)]
    [InlineData("a.b", "axb", false)]
    [InlineData("[a]", "a", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("*", "", true)]
    [InlineData("a*b*c", "a1b2c", true)]
    [InlineData("a*b*c", "a1b2d", false)]
    public void Matches_Path_IsWhatShellsSay(string pattern, string path, bool expected) =>
        Assert.Equal(expected, Glob.Matches(pattern, path));

    [Theory]
    [InlineData("*a", 4)]
    [InlineData("**/", 3)]
    [InlineData("**", 2)]
    [InlineData("?*", 4)]
    [InlineData("*", 4096)]
    [InlineData("*a", 1 << 20)]
    public void Matches_PatternThatGoesBack_EndsSoon(string part, int times)
    {
        string pattern = string.Concat(Enumerable.Repeat(part, Math.Min(times * 500, 1 << 20))) + "b";
        Assert.False(Glob.Matches(pattern, new string('a', 20_000)));
    }
}
