namespace MultiTurnTrainer.Cli.Tests.Validation;

public sealed class PrepareCommandTests : IDisposable
{
    private const string Rows = """
        {"id":"a","messages":[{"role":"user","content":"add"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":{"x":1}}}]},{"role":"tool","content":"1","tool_call_id":"c1"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"x":{"type":"integer"}}}}}]}
        {"instruction":"say hi","input":"","output":"hi","source":"s"}
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Prepare_ParquetAndBack_IsTheSameAsJsonLines()
    {
        _folder.Write("a.jsonl", Rows);
        Run("prepare", "a.jsonl", "--output", "text");
        Run("prepare", "a.jsonl", "--output", "columns", "--format", "parquet");
        Run("prepare", "columns/data.parquet", "--output", "back");
        Assert.Equal(File.ReadAllText(_folder["text/data.jsonl"]), File.ReadAllText(_folder["back/data.jsonl"]));
    }

    [Fact]
    public void Prepare_Twice_SaysItIsDone()
    {
        _folder.Write("a.jsonl", Rows);
        Assert.Contains(
            "2 rows written to data",
            Run("prepare", "a.jsonl", "--output", "out"),
            StringComparison.Ordinal
        );
        Assert.StartsWith("already prepared", Run("prepare", "a.jsonl", "--output", "out"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--filter", "nonsense > 1", "'nonsense' is unknown")]
    [InlineData("--split", "train=0.5", "do not add up to 1")]
    [InlineData("--split", "../up=1", "NAME=SHARE")]
    [InlineData("--shard", "3/3", "is no shard")]
    public void Prepare_BadOption_IsTwoWithAHint(string option, string value, string expected)
    {
        _folder.Write("a.jsonl", Rows);
        MttResult result = MttProcess.Run(_folder.Path, ["prepare", "a.jsonl", "--output", "out", option, value]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    private string Run(params string[] args)
    {
        MttResult result = MttProcess.Run(_folder.Path, args);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Error;
    }
}
