using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Datasets.Tests.Rows;

public sealed class StoredRowTests : IDisposable
{
    private const string Plain = """{"input_ids":[5,6,7],"labels":[-100,6,7]}""";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"input_ids":[0,0,5,6,7],"labels":[-100,-100,-100,6,7],"attention_mask":[0,0,1,1,1]}""")]
    [InlineData(
        """{"input_ids":[5,6,7,0],"labels":[-100,6,7,-100],"attention_mask":[1,1,1,0],"position_ids":[0,1,2,2]}"""
    )]
    [InlineData("""{"input_ids":[5,6,7],"completion_mask":[0,1,1]}""")]
    [InlineData("""{"input_ids":[5,6,7],"assistant_masks":[0,1,1],"completion_mask":[1,1,1]}""")]
    [InlineData("""{"input_ids":[5,6,7],"labels":[-100,6,7],"position_ids":[0,1,2],"seq_lengths":[3]}""")]
    public void Read_AnotherSpelling_IsThePlainRow(string line)
    {
        TokenRow row = Assert.Single(Read(line));
        TokenRow plain = Assert.Single(Read(Plain));
        Assert.Equal(plain.InputIds, row.InputIds);
        Assert.Equal(plain.Labels, row.Labels);
    }

    [Theory]
    [InlineData("\"seq_lengths\":[2,3]")]
    [InlineData("\"position_ids\":[0,1,0,1,2]")]
    public void Read_Packed_GivesEachSequence(string packing)
    {
        TokenRow[] rows = Read($$"""{"id":"a","input_ids":[1,2,3,4,5],"labels":[-100,2,-100,4,5],{{packing}}}""");
        Assert.Equal(["a#0", "a#1"], rows.Select(row => row.Id));
        Assert.Equal(
            [
                [1, 2],
                [3, 4, 5],
            ],
            rows.Select(row => row.InputIds)
        );
        Assert.Equal(
            [
                [-100, 2],
                [-100, 4, 5],
            ],
            rows.Select(row => row.Labels)
        );
    }

    [Theory]
    [InlineData("""{"input_ids":[5,6],"labels":[6,-100]}""", "not shifted")]
    [InlineData("""{"input_ids":[5,6,7],"labels":[5,6,7],"attention_mask":[1,0,1]}""", "attention_mask[1]")]
    [InlineData("""{"input_ids":[5,6],"labels":[5,6],"attention_mask":[0,1]}""", "labels[0]")]
    [InlineData("""{"input_ids":[5,6],"labels":[5,6],"completion_mask":[0,1]}""", "completion_mask")]
    [InlineData("""{"input_ids":[5,6],"labels":[5,6],"position_ids":[4,5]}""", "position_ids[0] is 4")]
    [InlineData("""{"input_ids":[5,6],"labels":[5,6],"seq_lengths":[1]}""", "seq_lengths adds up to 1")]
    [InlineData("""{"input_ids":[5,6],"labels":[5,6],"cu_seqlens":[0,2]}""", "cu_seqlens is not supported")]
    [InlineData("""{"input_ids":[5,6]}""", "neither labels nor")]
    public void Read_WhatContradicts_IsRefused(string line, string reason)
    {
        MttException problem = Assert.Throws<MttException>(() => Read(line));
        Assert.Contains("rows.jsonl:1: ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    private TokenRow[] Read(string line) => [.. TokenRowReader.Read(_folder.Write("rows.jsonl", line + "\n"))];
}
