using System.Diagnostics;
using System.Globalization;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>
/// A real Slurm of one node, started by the script: steps, preemption, requeueing, arrays. Its jobs wait for each other, which takes minutes: it
/// runs where MTT_SLURM_MB is set (scripts/nightly.sh), with so many megabytes of chats.
/// </summary>
public sealed class SlurmTests
{
    private static readonly string? _megabytes = Environment.GetEnvironmentVariable("MTT_SLURM_MB");

    [Fact]
    public void CheckSlurm_OnOneNode_Holds()
    {
        Assert.SkipWhen(_megabytes is null, "set MTT_SLURM_MB to run it");
        Assert.SkipUnless(File.Exists("/usr/sbin/slurmctld"), "needs Slurm, of the package slurm-wlm");
        Assert.SkipUnless(PosixFile.User == 0, "only root can start Slurm's daemons");
        using TempFolder folder = new();
        ProcessStartInfo start = new(
            Path.Combine(Repository.Root, "scripts/cluster/check-slurm.sh"),
            [
                Repository.Mtt,
                Path.Combine(Repository.Root, "tests/MultiTurnTrainer.Models.Tests/Goldens/llama"),
                WriteRows(folder),
                WriteChats(folder),
                PresetModel.Folder,
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.True(process.ExitCode == 0, output + error.Result);
        Assert.Equal(4, output.Split('\n').Count(line => line.StartsWith("slurm: ", StringComparison.Ordinal)));
    }

    private static string WriteRows(TempFolder folder) =>
        folder.Write(
            "rows.jsonl",
            string.Concat(
                Enumerable
                    .Range(1, 12)
                    .Select(row =>
                        $$"""{"input_ids": [{{row}}, 2, 3, 4, {{row}}], "labels": [-100, 2, 3, 4, {{row}}]}""" + "\n"
                    )
            )
        );

    private static string WriteChats(TempFolder folder)
    {
        byte[] chats = File.ReadAllBytes(Path.Combine(Repository.Root, "datasets/chat/chat.jsonl"));
        using FileStream file = File.Create(folder["chat.jsonl"]);
        do
        {
            file.Write(chats);
        } while (file.Length < 1_000_000L * int.Parse(_megabytes!, CultureInfo.InvariantCulture));

        return folder["chat.jsonl"];
    }
}
