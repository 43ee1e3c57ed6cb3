using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What a policy asks of models: made once, found again, replayed without them, and without effect where it fails.</summary>
public class PolicyArtefactTests
{
    private const string Summarises = """
        window: 2000
        history: {turns: 0, bite: 1}
        summary: {max_tokens: 60}
        summarize: {model: m}
        steps:
          - {when: {turns: 6}, do: [summarize_turns], to: 0.05, keep_turns: 3}
        """;

    private static readonly string _model = Path.Combine(
        Repository.Root,
        "src/MultiTurnTrainer.Cli/Presets/tiny/model"
    );

    [Fact]
    public async Task Prepare_WithAModelsSummaries_ReusesThemAndReplaysThemWithoutIt()
    {
        using TempFolder folder = Chats(3);
        await using ScriptedServer server = await ScriptedServer.StartAsync(received =>
            Answers.Text(SummaryOf(received))
        );

        MttResult made = Prepare(folder, "one", "--endpoint", server.BaseUrl);
        int asked = server.Requests.Count;
        MttResult again = Prepare(folder, "two", "--endpoint", server.BaseUrl, "--artefacts", "one/artefacts.jsonl");
        MttResult replayed = Prepare(folder, "three", "--artefacts", "one/artefacts.jsonl");

        Assert.True(made.ExitCode == 0, made.Error);
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.True(replayed.ExitCode == 0, replayed.Error);
        Assert.True(asked >= 3, $"{asked} requests");
        Assert.Equal(asked, server.Requests.Count);
        Assert.Contains($"artefacts: {asked} made", made.Error, StringComparison.Ordinal);
        Assert.Contains("artefacts: 0 made", again.Error, StringComparison.Ordinal);
        string rows = File.ReadAllText(folder["one/data.jsonl"]);
        Assert.All(server.Requests, received => Assert.Contains(SummaryOf(received), rows, StringComparison.Ordinal));
        foreach (string other in new[] { "two", "three" })
        {
            Assert.Equal(rows, File.ReadAllText(folder[$"{other}/data.jsonl"]));
            Assert.Equal(
                File.ReadAllText(folder["one/context.json"]),
                File.ReadAllText(folder[$"{other}/context.json"])
            );
        }

        // 10 tokens read and 5 written for each: the server says so.
        JsonElement sums = Sums(folder, "one");
        Assert.Equal(asked, sums.GetProperty("used").GetInt32());
        Assert.Equal(10 * asked, sums.GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(5 * asked, sums.GetProperty("completion_tokens").GetInt32());
    }

    [Theory]
    [InlineData("prepare", "--output", "out")]
    [InlineData("mask", "--output", "rows.jsonl")]
    [InlineData("context", "--show", "0")]
    [InlineData("parity")]
    public void Command_WithoutAModelOrItsRecord_NamesWhatIsMissing(string command, params string[] more)
    {
        using TempFolder folder = Chats(1);

        MttResult result = MttProcess.Run(
            folder.Path,
            [command, "chats.jsonl", "--policy", "policy.yaml", "--model", _model, .. more]
        );

        Assert.Equal(2, result.ExitCode);
        Assert.Matches(
            @"error: \S*chats\.jsonl:1: messages\[\d+\.\.\d+\]: no summary by 'm' is on record \(key [0-9a-f]{12}\)",
            result.Error
        );
        Assert.Contains("hint: Let the model make it", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["out/data.jsonl"]));
    }

    [Theory]
    [InlineData("empty", "the model wrote nothing")]
    [InlineData("long", "tokens where")]
    [InlineData("cut", "cut at the most tokens")]
    [InlineData("refused", "the model refused")]
    [InlineData("error", "400")]
    public async Task Prepare_WhereASummaryFails_IsAsIfNoStepHadBeenAndListsIt(string how, string reason)
    {
        using TempFolder folder = Chats(2);
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            how switch
            {
                "empty" => Answers.Text(" \n"),
                "long" => Answers.Text(string.Join(' ', Enumerable.Range(100, 300))),
                "cut" => Answers.Text("The lamp", finish: "length"),
                "refused" => Answers.Refusal("no"),
                _ => Answers.Status(400, "{\"error\": {\"message\": \"bad\"}}"),
            }
        );
        folder.Write("plain.yaml", Regex.Replace(Summarises, @"summarize:.*\n", "").Split("steps:")[0] + "steps: []\n");

        MttResult result = Prepare(folder, "out", "--endpoint", server.BaseUrl);
        MttResult plain = MttProcess.Run(
            folder.Path,
            ["prepare", "chats.jsonl", "--output", "plain", "--policy", "plain.yaml", "--model", _model]
        );

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.True(plain.ExitCode == 0, plain.Error);
        Assert.Equal(Rows(folder, "plain"), Rows(folder, "out"));
        JsonElement[] failed = [.. Sums(folder, "out").GetProperty("failed").EnumerateArray()];
        Assert.NotEmpty(failed);
        Assert.All(
            failed,
            one => Assert.Contains(reason, one.GetProperty("reason").GetString(), StringComparison.Ordinal)
        );
        Assert.Contains("could not be used and changed nothing", result.Error, StringComparison.Ordinal);

        // Without a model the failures are on record too.
        MttResult replayed = Prepare(folder, "again", "--artefacts", "out/artefacts.jsonl");
        Assert.True(replayed.ExitCode == 0, replayed.Error);
        Assert.Equal(File.ReadAllText(folder["out/context.json"]), File.ReadAllText(folder["again/context.json"]));
    }

    [Fact]
    public async Task Prepare_KilledInTheMiddle_GoesOnToTheSameBytes()
    {
        using TempFolder folder = Chats(12);
        bool isHeld = true;
        await using ScriptedServer server = await ScriptedServer.StartAsync(received =>
            isHeld && received.Number > 9 ? Answers.Hang() : Answers.Text(SummaryOf(received))
        );
        using (Process process = MttProcess.Start(folder.Path, Arguments("out", "--endpoint", server.BaseUrl)))
        {
            string path = folder["out/artefacts.jsonl"];
            for (int i = 0; i < 600 && (!File.Exists(path) || Lines(path) < 9); i++)
            {
                await Task.Delay(100);
            }

            process.Kill();
            await process.WaitForExitAsync();
            Assert.Equal(9, Lines(path));
            Assert.False(File.Exists(folder["out/data.jsonl"]));

            // What a power cut may leave.
            await File.AppendAllTextAsync(path, "{\"key\":\"torn");
        }

        isHeld = false;
        int before = server.Requests.Count;
        MttResult resumed = Prepare(folder, "out", "--endpoint", server.BaseUrl);
        int rest = server.Requests.Count - before;
        MttResult whole = Prepare(folder, "whole", "--endpoint", server.BaseUrl);

        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.True(whole.ExitCode == 0, whole.Error);
        Assert.Contains("cut short by a kill", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(Lines(folder["whole/artefacts.jsonl"]) - 9, rest);
        foreach (string name in new[] { "data.jsonl", "context.json", "artefacts.jsonl" })
        {
            Assert.Equal(File.ReadAllText(folder[$"whole/{name}"]), File.ReadAllText(folder[$"out/{name}"]));
        }
    }

    [Fact]
    public async Task Prepare_AtTheEndOfItsBudget_StopsWithWhatIsMadeAndGoesOn()
    {
        using TempFolder folder = Chats(6);
        await using ScriptedServer server = await ScriptedServer.StartAsync(received =>
            Answers.Text(SummaryOf(received))
        );

        MttResult stopped = Prepare(folder, "out", "--endpoint", server.BaseUrl, "--budget-requests", "2");
        MttResult still = Prepare(folder, "out", "--endpoint", server.BaseUrl, "--budget-tokens", "30");
        int asked = server.Requests.Count;
        MttResult done = Prepare(folder, "out", "--endpoint", server.BaseUrl);
        MttResult whole = Prepare(folder, "whole", "--endpoint", server.BaseUrl);

        Assert.Equal(3, stopped.ExitCode);
        Assert.Contains("stopped at the budget of 2 requests", stopped.Error, StringComparison.Ordinal);

        // The two that were made have cost 30 tokens: nothing more may begin.
        Assert.Equal((3, 2), (still.ExitCode, asked));
        Assert.True(done.ExitCode == 0, done.Error);
        Assert.True(whole.ExitCode == 0, whole.Error);
        Assert.Equal(File.ReadAllText(folder["whole/data.jsonl"]), File.ReadAllText(folder["out/data.jsonl"]));
        Assert.Equal(
            File.ReadAllText(folder["whole/artefacts.jsonl"]),
            File.ReadAllText(folder["out/artefacts.jsonl"])
        );
    }

    [Fact]
    public void Prepare_WithALocalModel_AsksTheFolder()
    {
        using TempFolder folder = Chats(1);
        folder.Write("policy.yaml", Summarises.Replace("model: m", $"model: {_model}", StringComparison.Ordinal));

        MttResult result = Prepare(folder, "out", "--set", "artefacts.max_tokens=8");

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.True(Sums(folder, "out").GetProperty("used").GetInt32() > 0);
        Assert.Contains(
            $"\"model\":\"{_model}\"",
            File.ReadAllText(folder["out/artefacts.jsonl"]),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Context_OfAModelsSummaries_ShowsWhatTheyCostAndTheirFailures()
    {
        using TempFolder folder = Chats(1);
        await using ScriptedServer server = await ScriptedServer.StartAsync(received =>
            received.Number == 1 ? Answers.Text("") : Answers.Text(SummaryOf(received))
        );
        string[] arguments =
        [
            "context",
            "chats.jsonl",
            "--policy",
            "policy.yaml",
            "--model",
            _model,
            "--artefacts",
            "a.jsonl",
            "--endpoint",
            server.BaseUrl,
        ];

        MttResult result = MttProcess.Run(folder.Path, arguments);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("artefacts used", result.Out, StringComparison.Ordinal);
        Assert.Contains("1 could not be used and changed nothing", result.Out, StringComparison.Ordinal);
        Assert.Contains("the model wrote nothing", result.Out, StringComparison.Ordinal);
    }

    private static string SummaryOf(Received received) =>
        "Lamp " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(received.Messages[0].Content)))[..8];

    private static MttResult Prepare(TempFolder folder, string output, params string[] more) =>
        MttProcess.Run(folder.Path, Arguments(output, more));

    private static string[] Arguments(string output, params string[] more) =>
        ["prepare", "chats.jsonl", "--output", output, "--policy", "policy.yaml", "--model", _model, .. more];

    private static JsonElement Sums(TempFolder folder, string output) =>
        JsonElement
            .Parse(File.ReadAllText(folder[$"{output}/context.json"]))
            .GetProperty("report")
            .GetProperty("artefacts");

    // Rows without the policy's own hash, which is another one.
    private static string Rows(TempFolder folder, string output) =>
        Regex.Replace(File.ReadAllText(folder[$"{output}/data.jsonl"]), "\"fingerprint\":\"[0-9a-f]+\"", "");

    // Opened as the program does it: .NET alone refuses a file that another process writes.
    private static int Lines(string path)
    {
        using SafeFileHandle file = PosixFile.Open(path, create: false);
        byte[] bytes = new byte[RandomAccess.GetLength(file)];
        return bytes.AsSpan(0, RandomAccess.Read(file, bytes, 0)).Count((byte)'\n');
    }

    private static TempFolder Chats(int count)
    {
        TempFolder folder = new();
        StringBuilder rows = new();
        for (int chat = 0; chat < count; chat++)
        {
            List<object> messages = [new { role = "system", content = $"You help with lamp {chat}." }];
            for (int turn = 0; turn < 10; turn++)
            {
                messages.Add(new { role = "user", content = $"What about part {turn} of lamp {chat}?" });
                messages.Add(
                    new { role = "assistant", content = string.Join(' ', Enumerable.Repeat($"part{turn}", 12)) }
                );
            }

            rows.Append(JsonSerializer.Serialize(new { id = $"chat{chat}", messages })).Append('\n');
        }

        folder.Write("chats.jsonl", rows.ToString());
        folder.Write("policy.yaml", Summarises);
        return folder;
    }
}
