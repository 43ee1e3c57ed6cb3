using System.Text.Json;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>Token rows as other tools write them train as the plain rows do.</summary>
public sealed class ForeignRowsTests : IDisposable
{
    private static readonly int[][] _rows =
    [
        [1, 40, 41, 42, 2],
        [1, 50, 51, 52, 53, 54, 2],
        [1, 60, 61, 2],
        [1, 70, 71, 72, 73, 2],
    ];

    private readonly TempFolder _folder = new();

    public ForeignRowsTests()
    {
        PresetModel.Write(_folder);
        _folder.Write("plain.jsonl", Lines(row => (row, Labels(row), "")));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Train_PaddedAndPackedRows_HaveTheLossOfPlainOnes()
    {
        _folder.Write("left.jsonl", Lines(row => Padded(row, left: true)));
        _folder.Write("right.jsonl", Lines(row => Padded(row, left: false)));
        _folder.Write(
            "masks.jsonl",
            Lines(row => (row, null, $",\"completion_mask\":{Json(Labels(row).Select(label => label < 0 ? 0 : 1))}"))
        );
        int[] all = [.. _rows.SelectMany(row => row)];
        int[] labels = [.. _rows.SelectMany(Labels)];
        _folder.Write("lengths.jsonl", Line(all, labels, $",\"seq_lengths\":{Json(_rows.Select(row => row.Length))}"));
        _folder.Write(
            "positions.jsonl",
            Line(all, labels, $",\"position_ids\":{Json(_rows.SelectMany(row => Enumerable.Range(0, row.Length)))}")
        );

        double[] plain = Losses("plain.jsonl");

        Assert.Equal(2, plain.Length);
        Assert.All(plain, loss => Assert.InRange(loss, 1, 20));
        foreach (string file in (string[])["left", "right", "masks", "lengths", "positions"])
        {
            Assert.Equal(plain, Losses($"{file}.jsonl"));
        }
    }

    [Fact]
    public void Train_LabelsThatAreShifted_AreRefused()
    {
        _folder.Write("shifted.jsonl", Lines(row => (row, [.. row[1..], -100], "")));
        MttResult result = Train("shifted.jsonl");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("shifted.jsonl:1", result.Error, StringComparison.Ordinal);
        Assert.Contains("not shifted", result.Error, StringComparison.Ordinal);
    }

    // The loss of every step, in the order of the file.
    private double[] Losses(string file)
    {
        MttResult result = Train(file);
        Assert.True(result.ExitCode == 0, result.Error);
        return
        [
            .. File.ReadLines(_folder[$"{file}.out/metrics.jsonl"])
                .Select(line => JsonElement.Parse(line).GetProperty("loss").GetDouble()),
        ];
    }

    private MttResult Train(string file) =>
        MttProcess.Run(
            _folder.Path,
            [
                "train",
                "--train",
                file,
                "--model",
                "model",
                "--output",
                $"{file}.out",
                "--no-shuffle",
                "--batch-size",
                "2",
                "--max-steps",
                "2",
                "--dtype",
                "float32",
                "--set",
                "lora.r=2",
            ]
        );

    private static int[] Labels(int[] row) => [.. row.Select((id, i) => i < 2 ? -100 : id)];

    private static (int[] Ids, int[] Labels, string More) Padded(int[] row, bool left)
    {
        int[] padding = new int[9 - row.Length];
        int[] Pad(IEnumerable<int> values, int with) =>
            left ? [.. padding.Select(_ => with), .. values] : [.. values, .. padding.Select(_ => with)];
        return (Pad(row, 0), Pad(Labels(row), -100), $",\"attention_mask\":{Json(Pad(row.Select(_ => 1), 0))}");
    }

    private static string Lines(Func<int[], (int[] Ids, int[]? Labels, string More)> make) =>
        string.Concat(_rows.Select(row => make(row) is var (ids, labels, more) ? Line(ids, labels, more) : ""));

    private static string Line(int[] ids, int[]? labels, string more) =>
        $"{{\"input_ids\":{Json(ids)}{(labels is null ? "" : $",\"labels\":{Json(labels)}")}{more}}}\n";

    private static string Json(IEnumerable<int> values) => $"[{string.Join(',', values)}]";
}
