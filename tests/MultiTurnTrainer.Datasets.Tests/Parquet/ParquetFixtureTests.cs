using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Datasets.Parquet;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Datasets.Tests.Parquet;

/// <summary>Files that DuckDB, hyparquet-writer and Arrow made (see interop.mjs), in every encoding and codec.</summary>
public class ParquetFixtureTests
{
    internal static string Folder { get; } =
        Path.Combine(Repository.Root, "tests/MultiTurnTrainer.Datasets.Tests/Parquet/Fixtures");

    public static TheoryData<string> DuckDbFiles =>
        [.. Directory.GetFiles(Folder, "duckdb-*.parquet").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(DuckDbFiles))]
    public void Read_FileOfDuckDb_EqualsItsJson(string name) =>
        AssertSame(File.ReadLines(Path.Combine(Folder, "expected.jsonl")), Read(Path.Combine(Folder, name)));

    [Fact]
    public void Read_FileOfHyparquetWriter_EqualsWhatItWasGiven()
    {
        string[] rows = [.. Read(Path.Combine(Folder, "hyparquet.parquet"))];
        Assert.Equal(60, rows.Length);
        AssertSame(
            [
                """{"id":8,"text":null,"real":0.5,"flag":false}""",
                """{"id":9,"text":"row 0","real":0.5625,"flag":true}""",
            ],
            rows[8..10]
        );
    }

    [Theory]
    [InlineData("arrow-V1.parquet")]
    [InlineData("arrow-V2.parquet")]
    public void Read_ListsInPagesOfBothVersions_EqualTheirJson(string name) =>
        AssertSame(File.ReadLines(Path.Combine(Folder, "arrow.jsonl")), Read(Path.Combine(Folder, name)));

    [Fact]
    public void Write_Rows_CarriesTheFeaturesThatDatasetsReads()
    {
        using TempFolder folder = new();
        JsonView row = JsonView.Parse(
            """{"id":"a","messages":[{"role":"user","weight":1.5}],"tags":[["x"]],"n":1,"ok":true,"tools":{}}"""
        );
        JsonShape shape = new(new HashSet<string> { "tools" });
        shape.Add(row);
        using (
            ParquetJsonWriter writer = ParquetJsonWriter.Create(folder["rows.parquet"], shape.ToSchema(), force: false)
        )
        {
            writer.Write(row);
            writer.Commit();
        }

        using ParquetSharp.ParquetFileReader file = new(folder["rows.parquet"]);
        const string value = "\"_type\":\"Value\"}";
        Assert.Equal(
            "{\"info\":{\"features\":{\"id\":{\"dtype\":\"string\","
                + value
                + ",\"messages\":[{\"role\":{\"dtype\":\"string\","
                + value
                + ",\"weight\":{\"dtype\":\"float64\","
                + value
                + "}],\"tags\":{\"feature\":{\"feature\":{\"dtype\":\"string\","
                + value
                + ",\"length\":-1,\"_type\":\"Sequence\"},\"length\":-1,\"_type\":\"Sequence\"},\"n\":{\"dtype\":\"int64\","
                + value
                + ",\"ok\":{\"dtype\":\"bool\","
                + value
                + ",\"tools\":{\"dtype\":\"string\","
                + value
                + "}}}",
            file.FileMetaData.KeyValueMetadata["huggingface"]
        );
    }

    [Fact]
    public void Read_WhatWasWrittenAsJson_IsEqual()
    {
        using TempFolder folder = new();
        string[] rows =
        [
            """{"id":"a","messages":[{"role":"user","content":"Grüße","calls":null}],"tools":[{"f":{"x":1}}],"n":1,"ok":true}""",
            """{"id":"b","messages":[],"tools":null,"n":2.5,"ok":null}""",
            """{"id":null,"messages":[{"role":"user","content":"x","calls":[{"name":"f","arguments":{"b":[1,2]}}]},{"role":"assistant","content":null,"calls":[]}],"tools":[],"n":null,"ok":false}""",
            """{"id":"d","messages":null,"tools":{},"n":-3,"ok":true}""",
        ];
        JsonShape shape = new(new HashSet<string> { "tools", "arguments" });
        foreach (string row in rows)
        {
            shape.Add(JsonView.Parse(row));
        }

        string path = folder["rows.parquet"];
        using (ParquetJsonWriter writer = ParquetJsonWriter.Create(path, shape.ToSchema(), force: false))
        {
            foreach (string row in rows)
            {
                writer.Write(JsonView.Parse(row));
            }

            writer.Commit();
        }

        AssertSame(rows, Read(path));
        Assert.False(TokenRowReader.IsTokenRows(path));
    }

    internal static IEnumerable<string> Read(string path) =>
        ParquetJsonReader.Read(path).Select(row => Encoding.UTF8.GetString(row.Span));

    internal static void AssertSame(IEnumerable<string> expected, IEnumerable<string> actual)
    {
        string[] left = [.. expected];
        string[] right = [.. actual];
        Assert.Equal(left.Length, right.Length);
        for (int i = 0; i < left.Length; i++)
        {
            bool same = JsonView.DeepEquals(JsonView.Parse(left[i]), JsonView.Parse(right[i]));
            Assert.True(same, $"row {i}: expected {left[i]}, read {right[i]}");
        }
    }
}
