namespace MultiTurnTrainer.Cli.Tests;

/// <summary>Parts of the rows, as the tasks of an array make them: one after another they are what one run makes of all.</summary>
public sealed class ShardedDataTests : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Two files, blank lines, more parts than one of the files has rows; and more parts than there are rows.</summary>
    [Theory]
    [InlineData("mask a.jsonl b.jsonl --model MODEL --output OUT/rows.jsonl", 3)]
    [InlineData("mask a.jsonl b.jsonl --model MODEL --output OUT/rows.jsonl", 40)]
    [InlineData("mask a.jsonl b.jsonl --model MODEL --expand-turns --output OUT/rows.jsonl", 2)]
    [InlineData("clean a.jsonl b.jsonl --output OUT/rows.jsonl", 3)]
    public void Run_PartsOfTheRows_AreTheWholeOneAfterAnother(string command, int parts)
    {
        string[] rows = [.. File.ReadLines(Path.Combine(Repository.Root, "datasets/chat/chat.jsonl")).Take(9)];
        _folder.Write("a.jsonl", string.Join("\n\n", rows[..7]));
        _folder.Write("b.jsonl", string.Join("\n", rows[7..]) + "\n\n");
        Assert.Equal(0, Run(command, "whole").ExitCode);
        for (int part = 0; part < parts; part++)
        {
            MttResult made = Run(command, "parts", "--shard", $"{part}/{parts}");
            Assert.True(made.ExitCode == 0, made.Error);
        }

        string[] files = [.. Directory.GetFiles(_folder["parts"], "rows-*-of-*.jsonl").Order(StringComparer.Ordinal)];
        Assert.Equal(parts, files.Length);
        Assert.Equal(File.ReadAllBytes(_folder["whole/rows.jsonl"]), files.SelectMany(File.ReadAllBytes));
    }

    /// <summary>Findings, repaired rows and rejected ones, with duplicates that lie in other parts; a part without such rows writes no file.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(9)]
    public void Validate_Parts_AreTheWholeOneAfterAnother(int parts)
    {
        string[] rows = [.. File.ReadLines(Path.Combine(Repository.Root, "datasets/broken/broken.jsonl"))];
        _folder.Write("a.jsonl", string.Join('\n', [.. rows, "", rows[0], .. rows[..6]]));
        _folder.Write("b.jsonl", string.Join('\n', rows[..4]) + "\n");
        string[] check = ["validate", "a.jsonl", "b.jsonl", "--format", "jsonl", "--duplicates", "all"];
        MttResult Validate(string output, params string[] more) =>
            MttProcess.Run(
                _folder.Path,
                [.. check, "--fix", "--output", $"{output}/good.jsonl", "--rejects", $"{output}/bad.jsonl", .. more]
            );
        MttResult whole = Validate("whole");
        MttResult[] made =
        [
            .. Enumerable.Range(0, parts).Select(part => Validate("parts", "--shard", $"{part}/{parts}")),
        ];

        Assert.Contains("\"MTT4", whole.Out, StringComparison.Ordinal);
        Assert.Equal(Findings(whole), made.SelectMany(Findings));
        Assert.Equal(whole.ExitCode, made.Max(part => part.ExitCode));
        foreach (string name in (string[])["good", "bad"])
        {
            string[] files = [.. Directory.GetFiles(_folder["parts"], $"{name}-*.jsonl").Order(StringComparer.Ordinal)];
            Assert.Equal(File.ReadAllBytes(_folder[$"whole/{name}.jsonl"]), files.SelectMany(File.ReadAllBytes));
        }
    }

    [Fact]
    public void Run_InASlurmArray_TakesTheTasksPart()
    {
        File.Copy(Path.Combine(Repository.Root, "datasets/chat/chat.jsonl"), _folder["a.jsonl"]);
        Dictionary<string, string> task = new()
        {
            ["SLURM_ARRAY_TASK_ID"] = "5",
            ["SLURM_ARRAY_TASK_MIN"] = "4",
            ["SLURM_ARRAY_TASK_COUNT"] = "2",
        };
        string[] clean = ["clean", "a.jsonl", "--output", "rows.jsonl"];
        Assert.Equal(0, MttProcess.Run(_folder.Path, [.. clean, "--shard", "auto"], environment: task).ExitCode);
        Assert.True(File.Exists(_folder["rows-00001-of-00002.jsonl"]));
        Assert.Contains("\"shard\": \"1/2\"", File.ReadAllText(_folder["rows-00001-of-00002.jsonl.manifest.json"]));
    }

    [Theory]
    [InlineData("mask - --model MODEL --output rows.jsonl --shard 0/2", "--shard: the rows of standard input")]
    [InlineData("clean - --output rows.jsonl --shard 0/2", "--shard: the rows of standard input")]
    [InlineData("mask a.jsonl --model MODEL --output rows.jsonl --lock l.lock --shard 0/2", "--lock is of all rows")]
    [InlineData("clean a.jsonl --output rows.jsonl --shard 2/2", "2 of 2 is no shard")]
    [InlineData("validate a.jsonl --write-baseline known.txt --shard 0/2", "a baseline is of all rows")]
    [InlineData("validate - --shard 0/2", "--shard: the rows of standard input")]
    public void Run_APartThatCannotBeMade_IsRefused(string command, string named)
    {
        File.Copy(Path.Combine(Repository.Root, "datasets/chat/chat.jsonl"), _folder["a.jsonl"]);
        MttResult refused = Run(command, "");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(named, refused.Error, StringComparison.Ordinal);
        Assert.Equal(["a.jsonl"], Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName));
    }

    // A report begins and ends with a line of its own.
    private static IEnumerable<string> Findings(MttResult report) => report.Out.Split('\n')[1..^2];

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private MttResult Run(string command, string output, params string[] more) =>
        MttProcess.Run(
            _folder.Path,
            [.. command.Replace("MODEL", PresetModel.Folder).Replace("OUT", output).Split(' '), .. more]
        );
}
