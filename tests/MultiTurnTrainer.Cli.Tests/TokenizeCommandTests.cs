using System.Text;
using MultiTurnTrainer.Datasets.Parquet;

namespace MultiTurnTrainer.Cli.Tests;

public sealed class TokenizeCommandTests
{
    private const string Tokenizer = """
        {"version": "1.0", "pre_tokenizer": {"type": "WhitespaceSplit"},
         "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
         "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "é😀": 3, "b": 4}, "unk_token": "[UNK]"}}
        """;

    [Fact]
    public void Tokenize_Lines_GiveIdsAndCodePointOffsets()
    {
        using TempFolder folder = new();
        folder.Write("model/tokenizer.json", Tokenizer);
        string input = """
            {"text": "é😀 b"}

            {"text": "\ud83d b"}
            """;
        MttResult result = MttProcess.Run(folder.Path, ["tokenize", "-", "--model", "model"], input);
        Assert.Equal("", result.Error);
        Assert.Equal(
            """
            {"ids":[3,4],"offsets":[[0,2],[3,4]]}
            {"ids":[0,4],"offsets":[[0,1],[2,3]]}

            """,
            result.Out
        );
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public void Tokenize_SpecialTokens_AreAdded()
    {
        using TempFolder folder = new();
        string model = folder.Write("tokenizer.json", Tokenizer);
        string input = folder.Write("texts.jsonl", "{\"text\": \"b\"}\n");
        MttResult result = MttProcess.Run(folder.Path, ["tokenize", input, "--model", model, "--special-tokens"]);
        Assert.Equal("{\"ids\":[1,4,2],\"offsets\":[[0,0],[0,1],[0,0]]}\n", result.Out);
    }

    [Theory]
    [InlineData("{\"text\": 1}", "texts.jsonl:1: there is no string \"text\"")]
    [InlineData("{\"text\": \"a\"}\n{\"te", "texts.jsonl:2: not valid JSON")]
    public void Tokenize_BadLine_IsNamed(string text, string expected)
    {
        using TempFolder folder = new();
        folder.Write("tokenizer.json", Tokenizer);
        folder.Write("texts.jsonl", text);
        MttResult result = MttProcess.Run(folder.Path, ["tokenize", "texts.jsonl", "--model", "."]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Contains("hint:", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_ToParquet_HoldsWhatTheLinesHold()
    {
        using TempFolder folder = new();
        folder.Write("model/tokenizer.json", Tokenizer);
        // Enough for several blocks of input.
        IEnumerable<string> texts = Enumerable
            .Range(0, 40_000)
            .Select(i => $$"""{"text": "{{string.Join(' ', Enumerable.Repeat("b", i % 5))}}"}""");
        folder.Write("texts.jsonl", string.Join('\n', texts) + "\n");
        string[] arguments = ["tokenize", "texts.jsonl", "--model", "model"];
        MttResult lines = MttProcess.Run(folder.Path, [.. arguments, "--output", "tokens.jsonl"]);
        MttResult rows = MttProcess.Run(folder.Path, [.. arguments, "--format", "parquet", "--output", "t.parquet"]);
        Assert.Equal((0, ""), (lines.ExitCode, lines.Error));
        Assert.Equal((0, ""), (rows.ExitCode, rows.Error));
        Assert.Equal(
            File.ReadAllLines(folder["tokens.jsonl"]),
            ParquetJsonReader.Read(folder["t.parquet"]).Select(row => Encoding.UTF8.GetString(row.Span))
        );
    }

    [Fact]
    public void Tokenize_ToParquetWithoutAFile_IsRefused()
    {
        using TempFolder folder = new();
        folder.Write("tokenizer.json", Tokenizer);
        folder.Write("texts.jsonl", "{\"text\": \"b\"}\n");
        MttResult result = MttProcess.Run(
            folder.Path,
            ["tokenize", "texts.jsonl", "--model", ".", "--format", "parquet"]
        );
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--output FILE", result.Error, StringComparison.Ordinal);
    }
}
