namespace MultiTurnTrainer.Cli.Tests.Validation;

/// <summary>Outputs that cannot be finished: one error with a remedy, exit code 2, and nothing half-written.</summary>
public sealed class OutputLimitTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("validate good.jsonl --output out/rows.jsonl")]
    [InlineData("validate bad.jsonl --rejects out/rejects.jsonl")]
    [InlineData("prepare good.jsonl --output out")]
    [InlineData("prepare good.jsonl --output out --split train=0.9,test=0.1")]
    [InlineData("prepare good.jsonl --output out --format parquet")]
    [InlineData("prepare bad.jsonl --output out")]
    [InlineData("mask good.jsonl --model model --output out/rows.jsonl")]
    [InlineData("mask good.jsonl --model model --output out/rows.parquet")]
    public void Run_FileLimitReached_IsOneErrorAndNoFile(string command)
    {
        _folder.Write(
            "good.jsonl",
            string.Concat(
                Enumerable
                    .Range(0, 2000)
                    .Select(i =>
                        $$"""{"messages":[{"role":"user","content":"question {{i}}"},{"role":"assistant","content":"answer {{i * 7919}} {{i * 104729}}"}]}"""
                        + "\n"
                    )
            )
        );
        _folder.Write("bad.jsonl", string.Concat(Enumerable.Range(0, 2000).Select(i => $"no JSON {i}\n")));
        Directory.CreateSymbolicLink(
            _folder["model"],
            Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model")
        );
        Directory.CreateDirectory(_folder["out"]);
        MttResult result = MttProcess.RunWithFileLimit(_folder.Path, 8, command.Split(' '));
        Assert.True(result.ExitCode == 2, result.Error);
        Assert.Single(result.Error.Split('\n'), line => line.StartsWith("error: ", StringComparison.Ordinal));
        Assert.Contains("ulimit -f", result.Error, StringComparison.Ordinal);
        Assert.Contains("  hint: ", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder["out"], "*", SearchOption.AllDirectories));
    }

    /// <summary>A disk without a byte left: what Linux's /dev/full is for.</summary>
    [Theory]
    [InlineData("validate", "bad.jsonl")]
    [InlineData("stats", "good.jsonl")]
    public void Run_StandardOutputFull_IsOneError(string command, string file)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        _folder.Write("bad.jsonl", "no JSON\n");
        _folder.Write(
            "good.jsonl",
            """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}"""
        );
        using System.Diagnostics.Process shell = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(
                "bash",
                ["-c", "exec \"$@\" > /dev/full", "bash", Repository.Mtt, command, _folder[file]]
            )
            {
                RedirectStandardError = true,
            }
        )!;
        string error = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(2, shell.ExitCode);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }
}
