using System.Diagnostics;
using System.Globalization;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Synthesis.Review;
using MultiTurnTrainer.Synthesis.Tests.Server;

namespace MultiTurnTrainer.Synthesis.Tests;

/// <summary>The built <c>mtt review</c> against a server.</summary>
public class ReviewCommandTests
{
    [Fact]
    public async Task Review_Flags_RunToTheEnd()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        Seeds(folder, 3);
        MttResult result = Run(folder, server, "--rounds", "2", "--reviewers", "1");
        Assert.Equal((0, ""), (result.ExitCode, result.Out));
        Assert.Contains("3 conversations from 3 seeds (3 complete)", result.Error, StringComparison.Ordinal);
        Assert.Equal(3, File.ReadLines(folder["out/conversations.jsonl"]).Count());

        MttResult replay = MttProcess.Run(folder.Path, ["review", "--replay", "out/trace.jsonl", "-o", "again"]);
        Assert.Equal(0, replay.ExitCode);
        Assert.Equal(
            File.ReadAllBytes(folder["out/conversations.jsonl"]),
            File.ReadAllBytes(folder["again/conversations.jsonl"])
        );
    }

    [Fact]
    public async Task Review_SettingsFile_IsRead()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        Seeds(folder, 1);
        folder.Write(
            "mtt.yaml",
            $"""
            review:
              mode: refine
              rounds: 1
              model: m
              endpoints:
                mine:
                  base_url: {server.BaseUrl}
                  api_key_env: MY_KEY
              reviewers:
                - criteria: [accuracy]
                  temperature: 0.5
                - criteria: [depth]
                  model: other
            """
        );
        MttResult result = MttProcess.Run(folder.Path, ["review", "seeds.jsonl", "-o", "out"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Out));
        Assert.Equal(
            ["m", "m", "m", "other"],
            server.Requests.Select(request => request.Body.GetProperty("model").GetString()!).Order()
        );
    }

    [Fact]
    public async Task Review_KeyThatTheFileNames_IsSentOnlyWhereTheUserAllowsIt()
    {
        const string variable = "MTT_TEST_FOREIGN_SECRET";
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        Seeds(folder, 1);
        string settings = $"""
            review:
              mode: refine
              rounds: 1
              model: m
              endpoints:
                mine:
                  base_url: {server.BaseUrl}
                  api_key_env: {variable}
            """;
        folder.Write("mtt.yaml", settings);
        try
        {
            Environment.SetEnvironmentVariable(variable, "sk-0123456789-secret");
            MttResult refused = MttProcess.Run(folder.Path, ["review", "seeds.jsonl", "-o", "out"]);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains(variable, refused.Error, StringComparison.Ordinal);
            Assert.Contains("MTT_KEY_HOSTS", refused.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("sk-0123456789", refused.Error, StringComparison.Ordinal);
            Assert.Equal(
                2,
                MttProcess.Run(folder.Path, ["review", "seeds.jsonl", "-o", "out", "--config", "mtt.yaml"]).ExitCode
            );
            Assert.Empty(server.Requests);

            foreach (string other in new[] { $"{variable}=example.org", $"OTHER=127.0.0.1", variable, "127.0.0.1" })
            {
                Environment.SetEnvironmentVariable("MTT_KEY_HOSTS", other);
                Assert.Equal(2, MttProcess.Run(folder.Path, ["review", "seeds.jsonl", "-o", "out"]).ExitCode);
            }

            Assert.Empty(server.Requests);
            Environment.SetEnvironmentVariable("MTT_KEY_HOSTS", $"OTHER=example.org {variable}=127.0.0.1");
            Assert.Equal(0, MttProcess.Run(folder.Path, ["review", "seeds.jsonl", "-o", "out"]).ExitCode);
            Assert.All(server.Requests, sent => Assert.Equal("Bearer sk-0123456789-secret", sent.Authorization));
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
            Environment.SetEnvironmentVariable("MTT_KEY_HOSTS", null);
        }
    }

    [Fact]
    public async Task Review_KilledInTheMiddle_ResumesWithoutRepeatingAFinishedCall()
    {
        using TempFolder folder = new();
        int delay = 15;
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            async (context, received) =>
            {
                await Task.Delay(delay);
                await Panel.Play(request)(context, received);
            }
        );
        Seeds(folder, 30);
        const int calls = 30 * 11;
        string[] arguments = Arguments(server, "--concurrency", "4");
        string journal = folder["out/journal.jsonl"];
        using (Process process = MttProcess.Start(folder.Path, arguments))
        {
            while (!process.HasExited && server.Requests.Count < 80)
            {
                await Task.Delay(5);
            }

            process.Kill();
            await process.WaitForExitAsync();
            Assert.NotEqual(0, process.ExitCode);
        }

        int finished = File.ReadLines(journal).Count() - 1;
        Assert.InRange(finished, 60, calls - 1);
        Assert.False(File.Exists(folder["out/conversations.jsonl"]));

        // Answers on their way to the killed process are the ones that are lost.
        await Task.Delay(10 * delay);
        server.Requests.Clear();
        delay = 0;
        MttResult resumed = MttProcess.Run(folder.Path, [.. arguments, "--resume"]);
        Assert.Equal(0, resumed.ExitCode);
        Assert.Equal(calls - finished, server.Requests.Count);

        MttResult whole = MttProcess.Run(folder.Path, Arguments(server, "-o", "whole"));
        Assert.Equal(0, whole.ExitCode);
        Assert.Equal(
            File.ReadAllBytes(folder["whole/conversations.jsonl"]),
            File.ReadAllBytes(folder["out/conversations.jsonl"])
        );
    }

    [Fact]
    public async Task Review_Interrupted_Returns130AndResumes()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            request.Number > 20 && request.Number < 100 ? Answers.Hang() : Panel.Play(request)
        );
        Seeds(folder, 8);
        string[] arguments = Arguments(server, "--concurrency", "2");
        using (Process process = MttProcess.Start(folder.Path, arguments))
        {
            while (!process.HasExited && server.Requests.Count < 21)
            {
                await Task.Delay(5);
            }

            await MttProcess.EndAsync(process, "INT");
            Assert.Equal(130, process.ExitCode);
            Assert.Contains("--resume", await process.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        }

        await using ScriptedServer well = await ScriptedServer.StartAsync(Panel.Play);
        MttResult resumed = Run(folder, well, "--resume");
        Assert.Equal(0, resumed.ExitCode);
        Assert.Equal(8, File.ReadLines(folder["out/conversations.jsonl"]).Count());
    }

    [Fact]
    public async Task Review_BudgetReached_Returns3AndResumes()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        Seeds(folder, 4);
        MttResult stopped = Run(folder, server, "--budget-requests", "30", "--concurrency", "1");
        Assert.Equal(3, stopped.ExitCode);
        Assert.Contains(
            "stopped at the limit of 30 requests; 2 dialogues are not finished",
            stopped.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(2, File.ReadLines(folder["out/conversations.jsonl"]).Count());
        Assert.Equal(0, Run(folder, server, "--resume").ExitCode);
        Assert.Equal(4, File.ReadLines(folder["out/conversations.jsonl"]).Count());
        Assert.Equal(44, server.Requests.Count);
    }

    [Fact]
    public void Review_DryRun_PrintsAndCallsNothing()
    {
        using TempFolder folder = new();
        Seeds(folder, 10);
        MttResult result = MttProcess.Run(
            folder.Path,
            ["review", "seeds.jsonl", "--model", "m", "--endpoint", "http://localhost:9/v1", "--dry-run"]
        );
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("total: calls 110,", result.Out, StringComparison.Ordinal);
        Assert.Equal(["seeds.jsonl"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("no seeds", "review")]
    [InlineData("no model", "review seeds.jsonl --endpoint http://localhost:9/v1")]
    [InlineData("no endpoint", "review seeds.jsonl --model m")]
    [InlineData("no such file", "review none.jsonl --model m --endpoint http://localhost:9/v1")]
    [InlineData("not a conversation", "review bad.jsonl --model m --endpoint http://localhost:9/v1")]
    [InlineData("no such journal", "review seeds.jsonl --model m --endpoint http://localhost:9/v1 --resume")]
    [InlineData("no such trace", "review --replay none.jsonl")]
    [InlineData("not a line of a trace", "review --replay seeds.txt")]
    [InlineData("first line is not the header", "review --replay seeds.jsonl")]
    [InlineData(
        "no such folder of prompts",
        "review seeds.jsonl --model m --endpoint http://localhost:9/v1 --prompts nowhere"
    )]
    public void Review_WhatCannotBe_IsOneErrorWithARemedy(string message, string line)
    {
        using TempFolder folder = new();
        Seeds(folder, 1);
        folder.Write("bad.jsonl", "{\"instruction\":\"fine\"}\n{\"x\":1}\n");
        folder.Write("seeds.txt", "hello\n");
        MttResult result = MttProcess.Run(folder.Path, line.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Contains("  hint: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["review/conversations.jsonl"]));
    }

    private static MttResult Run(TempFolder folder, ScriptedServer server, params string[] more) =>
        MttProcess.Run(folder.Path, Arguments(server, more));

    private static string[] Arguments(ScriptedServer server, params string[] more)
    {
        string[] output = more.Contains("-o") ? [] : ["-o", "out"];
        return ["review", "seeds.jsonl", "--model", "m", "--endpoint", server.BaseUrl, .. output, .. more];
    }

    private static void Seeds(TempFolder folder, int count) =>
        folder.Write(
            "seeds.jsonl",
            string.Concat(Enumerable.Range(0, count).Select(i => $$"""{"instruction":"Do task {{i}}."}""" + "\n"))
        );
}
