using System.Text.Json;
using Apache.Arrow.Types;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Datasets.Parquet;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using static MultiTurnTrainer.Datasets.Tests.Parquet.ArrowFile;

namespace MultiTurnTrainer.Datasets.Tests.Parquet;

/// <summary>Rows that Arrow has written mean what they meant before.</summary>
public sealed class ArrowRowsTests : IDisposable
{
    private static readonly IArrowType _text = StringType.Default;
    private static readonly IArrowType _number = Int64Type.Default;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_ToolsAndCallsOfAllRowsInOneStruct_LoseTheNullsThatArrowAdded()
    {
        string[] rows =
        [
            """
                {"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"sum","arguments":{"a":1,"b":2}}}]},
                {"role":"tool","content":"3","tool_call_id":"1"},{"role":"assistant","content":"three","reasoning_content":"easy"}],
                "tools":[{"type":"function","function":{"name":"sum","parameters":{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"required":["a"]}}}]}
                """,
            """
                {"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"","tool_calls":[{"id":"2","type":"function","function":{"name":"find","arguments":{"city":"Rome"}}}]},
                {"role":"tool","content":"sun","tool_call_id":"2"},{"role":"assistant","content":"sunny"}],
                "tools":[{"type":"function","function":{"name":"find","description":"d","parameters":{"type":"object","properties":{"city":{"type":"string","description":"where"}}}}}]}
                """,
            """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"note":"n"}""",
        ];
        IArrowType property = Struct(("type", _text), ("description", _text));
        IArrowType parameters = Struct(
            ("type", _text),
            ("properties", Struct(("a", property), ("b", property), ("city", property))),
            ("required", new ListType(_text))
        );
        IArrowType arguments = Struct(("a", _number), ("b", _number), ("city", _text));
        IArrowType call = Struct(
            ("id", _text),
            ("type", _text),
            ("function", Struct(("name", _text), ("arguments", arguments)))
        );
        IArrowType message = Struct(
            ("role", _text),
            ("content", _text),
            ("reasoning_content", _text),
            ("tool_calls", new ListType(call)),
            ("tool_call_id", _text)
        );
        IArrowType tool = Struct(
            ("type", _text),
            ("function", Struct(("name", _text), ("description", _text), ("parameters", parameters)))
        );
        ArrowFile.Write(
            _folder["rows.parquet"],
            [("messages", new ListType(message)), ("tools", new ListType(tool)), ("note", _text)],
            rows
        );

        // Everywhere a null: as Arrow keeps it, and as a reader of JSON lines meets it after to_json.
        string unified = string.Concat(
            ParquetJsonReader
                .Read(_folder["rows.parquet"], keepNulls: true)
                .Select(row => System.Text.Encoding.UTF8.GetString(row.Span) + "\n")
        );
        Assert.Contains("\"city\":null", unified, StringComparison.Ordinal);
        Conversation[] read = [.. ConversationReader.Read(_folder.Write("rows.jsonl", unified))];

        Assert.Equal([true, true, false], read.Select(row => row.LostNulls));
        for (int i = 0; i < rows.Length; i++)
        {
            JsonView before = JsonView.Parse(rows[i]);
            JsonView tools = before.TryGetProperty("tools", out JsonView declared) ? declared : default;
            Assert.True(
                tools.Kind == JsonKind.Undefined
                    ? read[i].Tools is null
                    : JsonView.DeepEquals(tools, read[i].Tools!.Value),
                read[i].Json.GetRawText()
            );
            Assert.Equal(
                before.GetProperty("messages").EnumerateArray().Select(Shown),
                read[i].Messages.Select(one => Shown(one.Json))
            );
        }
    }

    public static TheoryData<string> Lists =>
        ["list<int32>", "list<int64>", "list<int8>", "large_list", "fixed_size_list"];

    [Theory]
    [MemberData(nameof(Lists))]
    public void Read_TokenRowsOfAnotherWriter_AreRows(string kind)
    {
        IArrowType list = kind switch
        {
            "list<int64>" => new ListType(Int64Type.Default),
            "list<int8>" => new ListType(Int8Type.Default),
            "large_list" => new LargeListType(Int64Type.Default),
            "fixed_size_list" => new FixedSizeListType(Int32Type.Default, 4),
            _ => new ListType(Int32Type.Default),
        };
        IArrowType flags = new ListType(kind == "large_list" ? BooleanType.Default : Int8Type.Default);
        ArrowFile.Write(
            _folder["rows.parquet"],
            [
                ("id", _number),
                ("input_ids", list),
                ("attention_mask", flags),
                ("completion_mask", flags),
                ("loss_weights", new ListType(DoubleType.Default)),
                ("note", _text),
            ],
            """{"id":41,"input_ids":[0,5,6,7],"attention_mask":[0,1,1,1],"completion_mask":[0,0,1,1],"loss_weights":[0,0,1,0.5]}""",
            """{"input_ids":[8,9,1,0],"attention_mask":[1,1,1,0],"completion_mask":[0,1,0,0],"note":"n"}"""
        );

        TokenRow[] rows = [.. TokenRowReader.Read(_folder["rows.parquet"])];

        Assert.Equal(
            [
                [5, 6, 7],
                [8, 9, 1],
            ],
            rows.Select(row => row.InputIds)
        );
        Assert.Equal(
            [
                [-100, 6, 7],
                [-100, 9, -100],
            ],
            rows.Select(row => row.Labels)
        );
        Assert.Equal(["41", null], rows.Select(row => row.Id));
        Assert.Equal([0, 1, 0.5f], rows[0].LossWeights!);
        Assert.Null(rows[1].LossWeights);
    }

    [Theory]
    [InlineData("input_ids", "the column input_ids does not hold lists of integers")]
    [InlineData("labels", "the column labels does not hold lists of integers")]
    [InlineData("loss_weights", "the column loss_weights does not hold lists of numbers")]
    public void Read_ColumnOfAnotherKind_IsRefusedByName(string column, string reason)
    {
        (string, IArrowType) ints = ("input_ids", new ListType(Int32Type.Default));
        (string, IArrowType) texts = (column, new ListType(_text));
        ArrowFile.Write(
            _folder["rows.parquet"],
            column == "input_ids" ? [texts] : [ints, texts],
            $$"""{"input_ids":{{(column == "input_ids" ? "[\"a\"]" : "[1]")}},"{{column}}":["a"]}"""
        );
        MttException problem = Assert.Throws<MttException>(() =>
            TokenRowReader.Read(_folder["rows.parquet"]).ToArray()
        );
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    // What a template sees: a null key is an absent one.
    private static string Shown(JsonView message) =>
        string.Join(
            ", ",
            message
                .EnumerateObject()
                .Where(key => key.Value.Kind != JsonKind.Null)
                .OrderBy(key => key.Name, StringComparer.Ordinal)
                .Select(key => $"{key.Name}: {key.Value.GetRawText()}")
        );
}
