using System.IO.Compression;
using System.Text;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Conversations.Tests.Jsonl;

public sealed class ConversationReaderTests : IDisposable
{
    private const string Row =
        """{"id":"a","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello","weight":0.5}],"kwargs":{"x":1.50}}""";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Batches_FileCutAfterAFullBatch_IsAnError()
    {
        string path = _folder.Write("cut.json", "[" + Row + ",\n");
        List<ConversationBatch> batches = [.. ConversationBatch.Read([path], 1)];
        Assert.Single(batches[0].Parse(ConversionOptions.Faithful));
        MttException problem = Assert.Throws<MttException>(() => batches[1].Parse(ConversionOptions.Faithful).Count());
        Assert.Contains("cut off", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Row + "\n" + Row + "\n")]
    [InlineData(Row + "\r\n\r\n" + Row)]
    [InlineData("[" + Row + ",\n" + Row + "]")]
    [InlineData("[\n  " + Row + " ,\n  " + Row + "\n]\n")]
    [InlineData("\uFEFF" + Row + "\n" + Row)]
    public void Read_AnyLayout_GivesTheSameRows(string text)
    {
        Conversation[] rows = [.. ConversationReader.Read(_folder.Write("a.jsonl", text))];
        Assert.Equal(2, rows.Length);
        Assert.All(rows, row => Assert.Equal(Row, row.Json.GetRawText()));
        Assert.Equal([Role.User, Role.Assistant], rows[1].Messages.Select(message => message.Role));
        Assert.Equal(0.5, rows[1].Supervision.WeightOf(1));
    }

    [Theory]
    [InlineData("[R,R]", 2)]
    [InlineData("[R]\n", 1)]
    [InlineData("[\n[M],\n[M]\n]", 2)]
    [InlineData("[[M],[M]]", 2)]
    [InlineData("[M]", 1)]
    [InlineData("[M]\n[M]\n", 2)]
    [InlineData("[\n M\n]\n", 1)]
    [InlineData("[{\"weight\":1,\"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"role\":\"user\"}]", 1)]
    public void Read_ArrayOnOneLineOrMany_TellsRowsFromMessages(string layout, int expected)
    {
        const string messages = """{"role":"user","content":"a"},{"content":"b","role":"assistant"}""";
        string text = layout
            .Replace("R", $$"""{"messages":[{{messages}}]}""", StringComparison.Ordinal)
            .Replace("M", messages, StringComparison.Ordinal);
        Conversation[] rows = [.. ConversationReader.Read(_folder.Write("a.json", text))];
        Assert.Equal(expected, rows.Length);
        Assert.All(rows, row => Assert.Equal(Role.User, row.Messages[0].Role));
    }

    [Fact]
    public void Read_PrettyPrintedObject_IsOneRow()
    {
        string text = "{\n \"messages\": [\n  {\"role\": \"user\",\n   \"content\": \"hi\"}\n ]\n}\n";
        Conversation row = Assert.Single(ConversationReader.Read(_folder.Write("a.json", text)));
        Assert.Equal("hi", row.Messages[0].Content);
    }

    [Fact]
    public void Read_Gzip_Unpacks()
    {
        using (FileStream file = File.Create(_folder["a.jsonl.gz"]))
        using (GZipStream packed = new(file, CompressionLevel.Fastest))
        {
            packed.Write(Encoding.UTF8.GetBytes(Row + "\n" + Row + "\n"));
        }

        Assert.Equal(2, ConversationReader.Read(_folder["a.jsonl.gz"]).Count());
    }

    [Fact]
    public void Read_BareMessageLists_AreRows()
    {
        string text = """[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]""";
        Assert.Single(ConversationReader.Read(_folder.Write("one.jsonl", text + "\n")));
        Assert.Equal(2, ConversationReader.Read(_folder.Write("two.jsonl", text + "\n" + text + "\n")).Count());
    }

    [Fact]
    public void Read_TruncatedLine_NamesLineColumnAndPath()
    {
        string cut = Row[..(Row.IndexOf("assistant", StringComparison.Ordinal) + 4)];
        MttException problem = Assert.Throws<MttException>(() =>
            ConversationReader.Read(_folder.Write("a.jsonl", Row + "\n" + cut)).Count()
        );
        Assert.Contains(
            $"a.jsonl:2: messages[1].role: column {cut.Length + 1}: not JSON: the text ends inside a string",
            problem.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Read_LongRows_GrowTheBuffer()
    {
        string big = new('x', 3_000_000);
        string text = $$"""{"messages":[{"role":"user","content":"{{big}}"}]}""";
        Conversation[] rows = [.. ConversationReader.Read(_folder.Write("a.jsonl", Row + "\n" + text + "\n" + Row))];
        Assert.Equal(3, rows.Length);
        Assert.Equal(big, rows[1].Messages[0].Content);
    }

    [Fact]
    public void Read_ShareGptWithCalls_MakesCanonicalMessages()
    {
        string text =
            """{"conversations":[{"from":"human","value":"q"},{"from":"function_call","value":"{\"name\":\"f\",\"arguments\":{\"a\":1}}"},{"from":"observation","value":"r"},{"from":"gpt","value":"done"}],"tools":"[{\"name\":\"f\",\"parameters\":{}}]"}""";
        Conversation row = Assert.Single(ConversationReader.Read(_folder.Write("a.jsonl", text)));
        Assert.Equal(
            [Role.User, Role.Assistant, Role.Tool, Role.Assistant],
            row.Messages.Select(message => message.Role)
        );
        Assert.Equal("f", Assert.Single(row.Messages[1].ToolCalls).Name);
        Assert.Equal(
            """[{"type":"function","function":{"name":"f","parameters":{}}}]""",
            row.Tools!.Value.GetRawText()
        );
    }

    [Theory]
    [InlineData("", "holds no rows")]
    [InlineData("[]", "holds no rows")]
    [InlineData("{\"text\":\"x\"}", "plain text for pretraining")]
    [InlineData("{\"file\":\"a\",\"line\":1,\"reason\":\"duplicate\"}", "the list of rows that mtt prepare left out")]
    [InlineData("{\"file\":\"a\",\"line\":1,\"reasons\":[],\"text\":\"x\"}", "the list of rows that mtt rejected")]
    [InlineData("[{\"a\":1}", "no format known here has the keys a")]
    [InlineData("]]]", "not JSON")]
    [InlineData("[" + Row + "\n" + Row + "]", "no comma parts this element")]
    [InlineData("[\n" + Row + ",\n]", "a.jsonl:2: column 127: not JSON")]
    [InlineData("{\"messages\":[1]}", "messages[0]: is not an object")]
    public void Read_Unusable_SaysWhy(string text, string expected)
    {
        MttException problem = Assert.Throws<MttException>(() =>
            ConversationReader.Read(_folder.Write("a.jsonl", text)).Count()
        );
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Folder_IsRefused() =>
        Assert.Contains(
            "is a folder",
            Assert.Throws<MttException>(() => ConversationReader.Read(_folder.Path).Count()).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("data-00000-of-00001.arrow", "datasets.load_from_disk")]
    [InlineData("train-00000-of-00002.parquet", "/*.parquet")]
    [InlineData("a.jsonl", "/*.jsonl")]
    public void Read_FolderOfData_SaysWhatToName(string file, string expected)
    {
        _folder.Write("set/" + file, "");

        MttException problem = Assert.Throws<MttException>(() => ConversationReader.Read(_folder["set"]).Count());

        Assert.Contains(expected, problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ARROW1")]
    [InlineData("\u00FF\u00FF\u00FF\u00FF")]
    public void Read_ArrowFile_SaysHowToConvertIt(string magic)
    {
        File.WriteAllBytes(_folder["a.arrow"], [.. System.Text.Encoding.Latin1.GetBytes(magic), 0, 0, 0, 0]);

        MttException problem = Assert.Throws<MttException>(() => ConversationReader.Read(_folder["a.arrow"]).Count());

        Assert.Contains("is Arrow", problem.Message, StringComparison.Ordinal);
        Assert.Contains("to_parquet", problem.Remedy, StringComparison.Ordinal);
    }
}
