using MultiTurnTrainer.Datasets.Parquet;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Tests.Rows;

public class TokenRowFileTests
{
    public static TheoryData<string> Extensions => [".parquet", ".jsonl"];

    [Theory]
    [MemberData(nameof(Extensions))]
    public void Read_WhatWasWritten_IsEqual(string extension)
    {
        using TempFolder folder = new();
        TokenRow[] rows = MakeRows(seed: 1, count: 500, weighted: true, spans: true);
        Write(folder["rows" + extension], rows);

        AssertEqual(rows, TokenRowReader.Read(folder["rows" + extension]));
        Assert.True(TokenRowReader.IsTokenRows(folder["rows" + extension]));
    }

    [Fact]
    public void Read_ManyRowGroups_KeepsOrderAndValues()
    {
        using TempFolder folder = new();
        TokenRow[] rows = MakeRows(seed: 2, count: 3000, weighted: false, longest: 2500);
        Write(folder["rows.parquet"], rows);

        AssertEqual(rows, TokenRowReader.Read(folder["rows.parquet"]));
    }

    [Fact]
    public void Write_WeightsOnlyInALaterRowGroup_AreKept()
    {
        using TempFolder folder = new();
        TokenRow[] rows = [.. MakeRows(3, 3000, weighted: false, longest: 2500), .. MakeRows(4, 5, weighted: true)];
        Write(folder["rows.parquet"], rows);

        AssertEqual(rows, TokenRowReader.Read(folder["rows.parquet"]));
    }

    [Fact]
    public void Write_ColumnsFirstUsedInLaterRowGroups_AreKeptAndNothingIsLeft()
    {
        using TempFolder folder = new();
        TokenRow[] rows =
        [
            .. MakeRows(3, 1500, weighted: false, longest: 2500),
            .. MakeRows(4, 1500, weighted: true, longest: 2500),
            .. MakeRows(5, 1500, weighted: false, longest: 2500, spans: true),
        ];
        Write(folder["rows.parquet"], rows);

        AssertEqual(rows, TokenRowReader.Read(folder["rows.parquet"]));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Write_SpansWithoutWeights_LeavesTheWeightsColumnOut()
    {
        using TempFolder folder = new();
        TokenRow row = new("a", [1, 2], [-100, 2], Spans: [new SupervisedSpan(1, 2, "user", "content", 1)]);
        Write(folder["rows.parquet"], [row]);

        using ParquetFile file = ParquetFile.Open(folder["rows.parquet"]);
        Assert.Equal(["id", "input_ids", "labels", "spans"], file.Schema.Children.Select(child => child.Name));
        AssertEqual([row], TokenRowReader.Read(folder["rows.parquet"]));
    }

    [Theory]
    [MemberData(nameof(Extensions))]
    public void Commit_NotCalled_LeavesNothing(string extension)
    {
        using TempFolder folder = new();
        using (TokenRowWriter writer = TokenRowWriter.Create(folder["rows" + extension], force: false))
        {
            writer.Write(new TokenRow("a", [1], [1]));
        }

        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("""{"input_ids":[1],"labels":[1,2]}""", "labels has 2 entries")]
    [InlineData("""{"input_ids":[1],"labels":[-5]}""", "labels[0] is -5")]
    [InlineData("""{"input_ids":[-1],"labels":[1]}""", "input_ids[0] is -1")]
    [InlineData("""{"input_ids":["1"],"labels":[1]}""", "not a token row")]
    [InlineData("""{"labels":[1]}""", "not a token row")]
    [InlineData("""{"input_ids":[1],"labels":[1],"spans":[{"start":0}]}""", "not a token row")]
    [InlineData(
        """{"input_ids":[1],"labels":[1],"spans":[{"start":0,"end":2,"role":"a","field":"b","turn":1}]}""",
        "spans names tokens 0 to 2"
    )]
    [InlineData("""{"input_ids":[1""", "not a token row")]
    public void Read_WrongLine_NamesFileLineAndReason(string line, string reason)
    {
        using TempFolder folder = new();
        string path = folder.Write("rows.jsonl", """{"input_ids":[1],"labels":[1]}""" + "\n" + line + "\n");

        MttException problem = Assert.Throws<MttException>(() => TokenRowReader.Read(path).ToList());
        Assert.StartsWith($"{path}:2: ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
        Assert.NotNull(problem.Remedy);
    }

    [Fact]
    public void Create_OtherExtension_IsRefused()
    {
        using TempFolder folder = new();
        Assert.Throws<MttException>(() => TokenRowWriter.Create(folder["rows.txt"], force: false));
    }

    internal static void Write(string path, IEnumerable<TokenRow> rows)
    {
        using TokenRowWriter writer = TokenRowWriter.Create(path, force: false);
        foreach (TokenRow row in rows)
        {
            writer.Write(row);
        }

        writer.Commit();
    }

    internal static TokenRow[] MakeRows(int seed, int count, bool weighted, int longest = 40, bool spans = false)
    {
        Random random = new(seed);
        TokenRow[] rows = new TokenRow[count];
        for (int i = 0; i < count; i++)
        {
            int length = random.Next(i % 7 == 0 ? 2 : longest);
            int[] ids = [.. Enumerable.Range(0, length).Select(_ => random.Next(150_000))];
            int[] labels = [.. ids.Select((id, at) => at % 11 < 4 ? TokenRow.Unsupervised : id)];
            bool hasWeights = weighted && length > 0 && i % 3 != 0;
            rows[i] = new TokenRow(
                i % 5 == 0 ? null : $"row-{i} é",
                ids,
                labels,
                hasWeights ? [.. ids.Select(_ => random.NextSingle())] : null,
                spans && i % 4 == 1 && length > 5 ? [new SupervisedSpan(4, 5, "assistant", "tool_calls", i)] : null
            );
        }

        return rows;
    }

    private static void AssertEqual(IEnumerable<TokenRow> expected, IEnumerable<TokenRow> actual)
    {
        TokenRow[] read = [.. actual];
        Assert.Equal(expected.Count(), read.Length);
        foreach ((TokenRow left, TokenRow right) in expected.Zip(read))
        {
            Assert.Equal(left.Id, right.Id);
            Assert.Equal(left.InputIds, right.InputIds);
            Assert.Equal(left.Labels, right.Labels);
            Assert.Equal(left.LossWeights, right.LossWeights);
            Assert.Equal(left.Spans, right.Spans);
        }
    }
}
