using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Conversations.Tests.Jsonl;

public sealed class CsvRecordSourceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Cells written by RFC 4180 come back, however the stream cuts them.</summary>
    [Fact]
    public void TryRead_WrittenCells_AreReadBackFromAnyChunks()
    {
        Gen<string> cells = Gen.Elements("a", "\"", ",", "\n", "\r", "é", "[", "{", " ", "\"\"")
            .ListOf()
            .Select(string.Concat);
        Gen<string[]> rows = cells.ArrayOf(3).Where(row => row.Any(cell => cell.Length > 0));
        Prop.ForAll(
                rows.NonEmptyListOf().ToArbitrary(),
                Gen.Choose(1, 9).ToArbitrary(),
                (written, chunk) =>
                {
                    string text = string.Concat(written.Prepend(["x", "y", "z"]).Select(row => Line(row)));
                    using CsvRecordSource source = new(new Dripping(text, chunk), "a.csv", ',', 1 << 10);
                    List<string> read = [];
                    while (source.TryRead(out SourceRecord record))
                    {
                        Assert.Null(record.Problem);
                        JsonView row = JsonView.Parse(record.Bytes.Span);
                        read.AddRange(new[] { "x", "y", "z" }.Select(name => Text(row, name)));
                    }

                    Assert.Equal(written.SelectMany(row => row), read);
                }
            )
            .QuickCheckThrowOnFailure();
    }

    /// <summary>Numbers, true and false in columns of weights are those, as pandas writes them; other texts stay texts.</summary>
    [Theory]
    [InlineData("weight", "0.5", "0.5")]
    [InlineData("loss_weight", "0", "0")]
    [InlineData("loss", "False", "false")]
    [InlineData("train", "TRUE", "true")]
    [InlineData("train", "test", "\"test\"")]
    [InlineData("weight", "half", "\"half\"")]
    [InlineData("weight", "0.5 ", "0.5 ")]
    [InlineData("score", "0.5", "\"0.5\"")]
    public void TryRead_CellOfAWeight_IsANumberOrAFlag(string column, string cell, string expected)
    {
        string text = $"question,answer,{column}\r\n{Line(["q", "a", cell])}";
        using CsvRecordSource source = new(new Dripping(text, 5), "a.csv", ',', 1 << 10);
        Assert.True(source.TryRead(out SourceRecord record));
        Assert.EndsWith(
            $"\"{column}\":{expected}}}",
            Encoding.UTF8.GetString(record.Bytes.Span),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Read_WeightsOfRows_Weigh()
    {
        Conversation row = Read($"question,answer,weight,train\r\n{Line(["q", "a", "0.25", "True"])}");
        Assert.Equal(0.25f, row.Supervision.WeightOf(1));
    }

    /// <summary>An answer that is JSON is an answer; only columns that hold structure are read as it.</summary>
    [Theory]
    [InlineData("question,answer", """{"name": "Bob"}""", """[1, 2]""")]
    [InlineData("prompt,completion", """{"role": "user"}""", """[{"name": "Bob"}]""")]
    [InlineData("instruction,output", """[]""", """[["a"]]""")]
    public void Read_CellOfJson_IsText(string header, string question, string answer)
    {
        Conversation row = Read($"{header}\r\n{Line([question, answer])}");
        Assert.Equal([question, answer], row.Messages.Select(message => message.Content));
    }

    [Theory]
    [InlineData(
        "messages,tools",
        """[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]""",
        """[{"name":"f"}]"""
    )]
    [InlineData("prompt,completion", """[{"role":"user","content":"q"}]""", """[{"role":"assistant","content":"a"}]""")]
    [InlineData("conversations,source", """[{"from":"human","value":"q"},{"from":"gpt","value":"a"}]""", "x")]
    public void Read_CellOfStructure_IsRead(string header, string first, string second)
    {
        Conversation row = Read($"{header}\r\n{Line([first, second])}");
        Assert.Equal(["q", "a"], row.Messages.Select(message => message.Content));
    }

    [Fact]
    public void Validate_TooManyCells_IsOneFindingAndLaterRowsAreRead()
    {
        (ValidationSummary summary, List<Finding> findings, string path) = Validate(
            "hi,hello\nhow, are,you\nbye\nhi,again\n"
        );
        Assert.Equal(4, summary.Rows);
        Assert.Equal(3, Assert.Single(findings, finding => finding.Code == "MTT015").Line);
        Assert.Equal(4, Assert.Single(findings, finding => finding.Line > 3).Line);
        MttException problem = Assert.Throws<MttException>(() => ConversationReader.Read(path).Count());
        Assert.Contains("a.csv:3: not CSV", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\"b,x", "is inside a cell")]
    [InlineData("\"a\"b,x", "followed by text")]
    [InlineData("\"a\"b\"c,x", "followed by text")]
    public void Validate_QuoteOutOfPlace_IsOneFindingAndLaterRowsAreRead(string row, string message)
    {
        (ValidationSummary summary, List<Finding> findings, _) = Validate($"hi,hello\n{row}\nhi,again\n");
        Assert.Equal(3, summary.Rows);
        Finding finding = Assert.Single(findings);
        Assert.Equal(("MTT015", 3), (finding.Code, finding.Line));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_QuoteNeverClosed_SaysWhereItOpens()
    {
        (ValidationSummary summary, List<Finding> findings, _) = Validate("hi,hello\n\"hi,again\nhi,more\n");
        Assert.Equal(2, summary.Rows);
        Finding finding = Assert.Single(findings);
        Assert.Equal(("MTT015", 3), (finding.Code, finding.Line));
        Assert.Contains("never closed", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_RowBeyondTheLimit_IsOneFindingAndLaterRowsAreRead()
    {
        const int limit = 1 << 20;
        string lines = string.Concat(Enumerable.Repeat("one \"\"line\"\", quoted\n", 1_000_000));
        string path = _folder.Write("a.csv", $"prompt,completion\nhi,hello\n\"{lines}\",x\nhi,again\nbad,a,b\n");
        List<Finding> findings = [];
        List<string> rejected = [];
        ValidationOptions options = new()
        {
            MaxRowBytes = limit,
            Reject = (bytes, line, _) => rejected.Add($"{line}: {Encoding.UTF8.GetString(bytes.Span)}"),
        };
        long before = GC.GetAllocatedBytesForCurrentThread();
        ValidationSummary summary = new Validator(options, findings.Add).Run([path]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * limit);
        Assert.Equal(4, summary.Rows);
        Assert.Equal(
            [("MTT008", 3L), ("MTT015", 1_000_005L)],
            findings.Select(finding => (finding.Code, finding.Line))
        );
        Assert.StartsWith("3: \"one \"\"line\"\", quoted\n", rejected[0], StringComparison.Ordinal);
        Assert.Equal("1000005: bad,a,b", rejected[1]);
    }

    [Fact]
    public void Validate_BrokenHeader_EndsTheFileWithItsLine()
    {
        string path = _folder.Write("a.csv", "prompt,\"comple\"tion\nhi,hello\n");
        MttException problem = Assert.Throws<MttException>(() =>
            new Validator(new ValidationOptions(), _ => { }).Run([path])
        );
        Assert.Contains("a.csv:1: the header", problem.Message, StringComparison.Ordinal);
    }

    private (ValidationSummary Summary, List<Finding> Findings, string Path) Validate(string rows)
    {
        string path = _folder.Write("a.csv", "prompt,completion\n" + rows);
        List<Finding> findings = [];
        return (new Validator(new ValidationOptions(), findings.Add).Run([path]), findings, path);
    }

    private Conversation Read(string text) =>
        ConversationReader.Read(_folder.Write("cells.csv", text), ConversionOptions.Faithful).Single();

    private static string Line(string[] row) =>
        string.Join(',', row.Select(cell => $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")) + "\r\n";

    private static string Text(JsonView row, string name) =>
        !row.TryGetProperty(name, out JsonView cell) ? ""
        : cell.Kind == JsonKind.String ? cell.GetString()!
        : cell.GetRawText();

    /// <summary>Gives a text a few bytes at a time.</summary>
    private sealed class Dripping(string text, int chunk) : ForwardStream
    {
        private readonly MemoryStream _text = new(Encoding.UTF8.GetBytes(text));

        public override int Read(Span<byte> buffer) => _text.Read(buffer[..Math.Min(buffer.Length, chunk)]);
    }
}
