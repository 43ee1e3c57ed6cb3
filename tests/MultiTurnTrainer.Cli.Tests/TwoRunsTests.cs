using System.Diagnostics;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>Two runs into one output: the second is refused at once, and a killed run is in nobody's way.</summary>
public sealed class TwoRunsTests : IDisposable
{
    private static readonly string _model = Path.Combine(
        Repository.Root,
        "tests/MultiTurnTrainer.Models.Tests/Goldens/llama-linear-rope"
    );

    private readonly TempFolder _folder = new();

    public TwoRunsTests()
    {
        File.Copy(Path.Combine(Repository.Root, "datasets/chat/chat.jsonl"), _folder["chat.jsonl"]);
        _folder.Write(
            "tasks.jsonl",
            """{"id": "a", "family": "math", "question": "2 + 2?", "shards": ["2", "+ 2?"], "answer": "4"}"""
        );
        _folder.Write("rows.jsonl", """{"id": "a", "input_ids": [1, 2, 3], "labels": [-100, 2, 3]}""" + "\n");
    }

    public static TheoryData<string, string> Commands =>
        new()
        {
            { "mask chat.jsonl --model TINY --output out/x.jsonl", "out/x.jsonl" },
            { "mask chat.jsonl --model TINY --output out/x.parquet --force", "out/x.parquet" },
            { "mask chat.jsonl --model TINY --html out/x.html", "out/x.html" },
            { "prepare chat.jsonl --output out", "out/prepare" },
            { "prepare chat.jsonl --output out --force", "out/prepare" },
            { "prepare chat.jsonl --output out --shard 1/2", "out/prepare-00001-of-00002" },
            { "validate chat.jsonl --fix --output out/x.jsonl", "out/x.jsonl" },
            { "validate chat.jsonl --rejects out/x.jsonl", "out/x.jsonl" },
            { "clean chat.jsonl --output out/x.jsonl", "out/x.jsonl" },
            { "shard chat.jsonl --output out/x.jsonl", "out/x.jsonl" },
            { "stats chat.jsonl --html out/x.html", "out/x.html" },
            { "inspect chat.jsonl --model TINY --html out/x.html", "out/x.html" },
            { "score rows.jsonl --model MODEL --logits out/x.safetensors", "out/x.safetensors" },
            { "evaluate tasks.jsonl --model TINY --output out/x.json", "out/x.json" },
            { "init out/project --preset tiny", "out/project/mtt.yaml" },
            { "merge --model MODEL --adapter ADAPTER --output out/merged", "out/merged" },
            { "train --train rows.jsonl --model MODEL --output out", "out/run" },
            { "train --train rows.jsonl --model MODEL --output out --force", "out/run" },
            { "train --train rows.jsonl --model MODEL --output out --resume", "out/run" },
        };

    [Theory]
    [MemberData(nameof(Commands))]
    public void Run_IntoAnOutputThatAnotherRunWrites_IsRefusedAndChangesNothing(string command, string output)
    {
        string tiny = Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model");
        string[] arguments = command.Replace("TINY", tiny).Replace("MODEL", _model).Split(' ');
        using (OutputLock.Take(_folder[output]))
        {
            string[] before = AllFiles();
            MttResult result = MttProcess.Run(_folder.Path, arguments);

            Assert.Equal(2, result.ExitCode);
            Assert.Contains("another run is writing it", result.Error, StringComparison.Ordinal);
            Assert.Contains("  hint: ", result.Error, StringComparison.Ordinal);
            Assert.Equal(before, AllFiles());
        }
    }

    [Theory]
    [InlineData("mask large.jsonl --model TINY --output out/x.jsonl", 24)]
    [InlineData("clean large.jsonl --output out/x.jsonl", 24)]
    [InlineData("validate large.jsonl --fix --output out/x.jsonl", 120)]
    public async Task Run_AfterOneThatWasKilled_WritesAndLeavesNothingElse(string command, int megabytes)
    {
        string tiny = Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model");
        string[] arguments = command.Replace("TINY", tiny).Split(' ');
        byte[] chats = File.ReadAllBytes(_folder["chat.jsonl"]);
        using (FileStream large = File.Create(_folder["large.jsonl"]))
        {
            while (large.Length < megabytes * 1_000_000L)
            {
                large.Write(chats);
            }
        }

        using (Process first = MttProcess.Start(_folder.Path, arguments))
        {
            // It is stopped with its output begun.
            while (
                !first.HasExited
                && !(
                    Directory.Exists(_folder["out"])
                    && AllFiles().Any(name => name.Contains(".tmp-", StringComparison.Ordinal))
                )
            )
            {
                await Task.Delay(2);
            }

            await MttProcess.SignalAsync(first, "STOP");
            Assert.False(first.HasExited);
            MttResult second = MttProcess.Run(_folder.Path, arguments);
            Assert.Equal(2, second.ExitCode);
            Assert.Contains("another run is writing it", second.Error, StringComparison.Ordinal);
            first.Kill(entireProcessTree: true);
            await first.WaitForExitAsync();
        }

        MttResult third = MttProcess.Run(_folder.Path, arguments);

        Assert.True(third.ExitCode is 0 or 1, third.Error);
        Assert.True(File.Exists(_folder["out/x.jsonl"]));
        Assert.All(
            Directory.GetFileSystemEntries(_folder["out"]).Select(Path.GetFileName),
            name => Assert.Contains(name, (string[])["x.jsonl", "x.jsonl.manifest.json"])
        );
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private string[] AllFiles() =>
        [.. Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
