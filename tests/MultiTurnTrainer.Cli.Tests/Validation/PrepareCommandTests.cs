using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using ParquetSharp;

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
    public void ParquetBinary_ThatIsNoUtf8_IsAFindingOfItsRowAndRefused()
    {
        byte[] bytes = [0xFF, (byte)'"', 0x0A, (byte)'\\', 0xD8];
        Column[] columns = [new Column<string>("prompt"), new Column<byte[]>("completion")];
        using (ParquetFileWriter writer = new(_folder["rows.parquet"], columns))
        {
            using RowGroupWriter group = writer.AppendRowGroup();
            using (LogicalColumnWriter<string> prompts = group.NextColumn().LogicalWriter<string>())
            {
                prompts.WriteBatch(["one", "two", "three"]);
            }

            using (LogicalColumnWriter<byte[]> completions = group.NextColumn().LogicalWriter<byte[]>())
            {
                completions.WriteBatch(["good"u8.ToArray(), bytes, "good"u8.ToArray()]);
            }

            writer.Close();
        }

        MttResult found = MttProcess.Run(_folder.Path, ["validate", "rows.parquet"]);
        Assert.Equal(1, found.ExitCode);
        Assert.Contains("rows.parquet:2: error MTT007 completion: byte 0xFF", found.Out, StringComparison.Ordinal);
        Assert.Contains("3 rows in 1 file (prompt-completion 2): 1 error", found.Out, StringComparison.Ordinal);

        Run("prepare", "rows.parquet", "--output", "out");
        Assert.Equal(2, File.ReadAllLines(_folder["out/data.jsonl"]).Length);
        Assert.Contains("MTT007", File.ReadAllText(_folder["out/rejects.jsonl"]), StringComparison.Ordinal);

        string model = Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model");
        MttResult refused = MttProcess.Run(
            _folder.Path,
            ["mask", "rows.parquet", "--model", model, "--output", "out.jsonl"]
        );
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("rows.parquet:2: completion: byte 0xFF is not UTF-8", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_NamedPipe_IsCopiedFirst()
    {
        using (Process made = Process.Start("mkfifo", [_folder["pipe"]]))
        {
            made.WaitForExit();
        }

        Task<MttResult> run = Task.Run(() => MttProcess.Run(_folder.Path, ["prepare", "pipe", "--output", "out"]));
        File.WriteAllText(_folder["pipe"], Rows);
        MttResult result = run.GetAwaiter().GetResult();
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("2 rows written to out/data.jsonl", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_Twice_SaysItIsDone()
    {
        _folder.Write("a.jsonl", Rows);
        Assert.Contains(
            "2 rows written to out/data.jsonl",
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
    [InlineData("--shard", "auto", "SLURM_ARRAY_TASK_ID")]
    public void Prepare_BadOption_IsTwoWithAHint(string option, string value, string expected)
    {
        _folder.Write("a.jsonl", Rows);
        MttResult result = MttProcess.Run(_folder.Path, ["prepare", "a.jsonl", "--output", "out", option, value]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Theory]
    [InlineData("jsonl")]
    [InlineData("parquet")]
    public void Prepare_KilledAndRunAgain_GivesTheSameFiles(string format)
    {
        _folder.Write(
            "a.jsonl",
            string.Concat(
                Enumerable
                    .Range(0, 20_000)
                    .Select(i =>
                        $$"""{"messages":[{"role":"user","content":"question {{i}}"},{"role":"assistant","content":"answer {{i * 7919}}"}]}"""
                        + "\n"
                    )
            )
        );
        string[] args = ["prepare", "a.jsonl", "--split", "train=0.9,test=0.1", "--format", format, "--output"];
        Run([.. args, "whole"]);
        using (Process killed = MttProcess.Start(_folder.Path, [.. args, "again"]))
        {
            bool HasBegun() =>
                Directory.Exists(_folder["again"]) && Directory.GetFiles(_folder["again"], "*.tmp-*").Length > 0;
            SpinWait.SpinUntil(() => HasBegun() || killed.HasExited, TimeSpan.FromSeconds(60));
            killed.Kill();
            killed.WaitForExit();
        }

        Run([.. args, "again"]);
        Assert.Equal(Files("whole"), Files("again"));
    }

    [Fact]
    public void Prepare_ShardsOfAJobArray_MergeToTheWhole()
    {
        _folder.Write("a.jsonl", string.Concat(Enumerable.Repeat(Rows + "\n", 3)) + "no JSON\n" + Rows);
        Run("prepare", "a.jsonl", "--output", "whole", "--keep-duplicates");
        foreach (int task in (int[])[0, 1, 2])
        {
            string index = task.ToString(CultureInfo.InvariantCulture);
            ProcessStartInfo start = new(
                Repository.Mtt,
                ["prepare", "a.jsonl", "--output", "parts", "--keep-duplicates", "--shard", "auto"]
            )
            {
                WorkingDirectory = _folder.Path,
                RedirectStandardError = true,
            };
            start.Environment["SLURM_ARRAY_TASK_ID"] = index;
            start.Environment["SLURM_ARRAY_TASK_COUNT"] = "3";
            using Process part = Process.Start(start)!;
            string error = part.StandardError.ReadToEnd();
            part.WaitForExit();
            Assert.True(part.ExitCode == 0, error);
        }

        foreach (string name in (string[])["data", "rejects"])
        {
            string merged = string.Concat(
                Directory
                    .GetFiles(_folder["parts"], $"{name}*.jsonl")
                    .Order(StringComparer.Ordinal)
                    .Select(File.ReadAllText)
            );
            Assert.Equal(File.ReadAllText(_folder[$"whole/{name}.jsonl"]), merged);
        }
    }

    private SortedDictionary<string, string> Files(string output) =>
        new(
            Directory
                .GetFiles(_folder[output])
                .ToDictionary(
                    file => Path.GetFileName(file),
                    file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))
                ),
            StringComparer.Ordinal
        );

    private string Run(params string[] args)
    {
        MttResult result = MttProcess.Run(_folder.Path, args);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Error;
    }
}
