using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Inference.Settings;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Synthesis.Review;
using MultiTurnTrainer.Synthesis.Settings;
using MultiTurnTrainer.Synthesis.Tests.Server;

namespace MultiTurnTrainer.Synthesis.Tests.Review;

public class ReviewRunTests
{
    private const int _callsPerDialogue = 11;

    [Fact]
    public async Task Run_BudgetOfMoneyWithoutAPrice_IsRefusedBeforeAnyCall()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        ReviewJob job = Job(folder, server, 1);
        job = job with { Settings = job.Settings with { Budget = new BudgetSettings { Money = 5 } } };
        MttException problem = await Assert.ThrowsAsync<MttException>(() => ReviewRun.RunAsync(job, null, default));
        Assert.Contains("has no price", problem.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Run_ToTheEnd_WritesConversationsTraceMeasuresAndManifest()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        ReviewReport report = await ReviewRun.RunAsync(Job(folder, server, 5), null, default);

        Assert.Equal(5, report.Conversations);
        Assert.Equal(5 * _callsPerDialogue, report.Spent.Calls);
        Assert.Equal(5 * _callsPerDialogue, server.Requests.Count);
        ReviewFiles files = new(folder["out"]);
        JsonElement[] lines =
        [
            .. File.ReadLines(files.Conversations).Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
        ];
        Assert.Equal(
            Enumerable.Range(0, 5).Select(i => $"s{i}"),
            lines.Select(line => line.GetProperty("id").GetString())
        );
        JsonElement messages = lines[3].GetProperty("messages");
        Assert.Equal(6, messages.GetArrayLength());
        Assert.Equal("Do task 3.\nwith input 3", messages[0].GetProperty("content").GetString());

        JsonElement manifest = JsonSerializer.Deserialize<JsonElement>(
            File.ReadAllText(Manifest.PathFor(files.Conversations))
        );
        Assert.Equal(5, manifest.GetProperty("counts").GetProperty("conversations").GetInt32());
        Assert.Equal(
            64,
            manifest.GetProperty("options").GetProperty("prompts").GetProperty("sha256").GetString()!.Length
        );
        Assert.Contains("<svg", File.ReadAllText(files.QualityPage), StringComparison.Ordinal);
        Assert.Equal(
            3,
            JsonSerializer
                .Deserialize<JsonElement>(File.ReadAllText(files.Quality))
                .GetProperty("rounds")
                .GetArrayLength()
        );
    }

    [Theory]
    [InlineData(ReviewMode.Ask)]
    [InlineData(ReviewMode.Refine)]
    public async Task Replay_OfATrace_GivesTheSameBytesWithoutAServer(ReviewMode mode)
    {
        using TempFolder folder = new();
        ReviewFiles files = new(folder["out"]);
        await using (ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play))
        {
            ReviewJob job = Job(folder, server, 4);
            await ReviewRun.RunAsync(job with { Settings = job.Settings with { Mode = mode } }, null, default);
        }

        await ReviewReplay.RunAsync(files.Trace, folder["again"], force: false, default);
        ReviewFiles again = new(folder["again"]);
        Assert.Equal(File.ReadAllBytes(files.Conversations), File.ReadAllBytes(again.Conversations));
        Assert.Equal(File.ReadAllBytes(files.Quality), File.ReadAllBytes(again.Quality));
    }

    [Fact]
    public async Task Run_AnyConcurrency_GivesTheSameConversations()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        ReviewJob one = Job(folder, server, 12);
        ReviewJob many = one with { Output = folder["many"], Settings = one.Settings with { Concurrency = 12 } };
        await ReviewRun.RunAsync(one with { Settings = one.Settings with { Concurrency = 1 } }, null, default);
        await ReviewRun.RunAsync(many, null, default);
        Assert.Equal(
            File.ReadAllBytes(new ReviewFiles(one.Output).Conversations),
            File.ReadAllBytes(new ReviewFiles(many.Output).Conversations)
        );
    }

    [Fact]
    public async Task Run_200DialoguesWith20PercentFaults_LosesAndDuplicatesNothing()
    {
        using TempFolder folder = new();
        FaultyPanel panel = new(seed: 11, share: 0.2);
        await using ScriptedServer server = await ScriptedServer.StartAsync(panel.Play);
        ReviewJob job = Job(folder, server, 200);
        job = job with
        {
            Settings = job.Settings with
            {
                Concurrency = 200,
                Retry = new RetrySettings
                {
                    MaxRetries = 20,
                    DelaySeconds = 0.01,
                    MaxDelaySeconds = 0.1,
                },
                Endpoints = new Dictionary<string, EndpointSettings>
                {
                    ["main"] = job.Settings.Endpoints["main"] with { MaxConcurrency = 200, TimeoutSeconds = 4 },
                },
            },
        };
        ReviewReport report = await ReviewRun.RunAsync(job, null, default);

        Assert.Equal(200, report.Conversations);
        Assert.Empty(report.LeftOut);
        string[] ids =
        [
            .. File.ReadLines(new ReviewFiles(job.Output).Conversations)
                .Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("id").GetString()!),
        ];
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"s{i}"), ids);

        JsonElement[] journal =
        [
            .. File.ReadLines(new ReviewFiles(job.Output).Journal)
                .Skip(1)
                .Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
        ];
        string[] keys = [.. journal.Select(line => line.GetProperty("key").GetString()!)];
        Assert.Equal(keys.Length, keys.Distinct().Count());

        // A good answer is asked for again only where it came after the time-out, which a busy machine may cause.
        int timeOuts = journal
            .Where(line => line.TryGetProperty("faults", out _))
            .SelectMany(line => line.GetProperty("faults").EnumerateArray())
            .Count(fault => fault.GetString()!.Contains("no whole answer within", StringComparison.Ordinal));
        int late = timeOuts - panel.Injected["time-out"] - panel.Injected["slow drip"];
        Assert.InRange(panel.Answered.Values.Sum() - panel.Answered.Count, 0, late);
        int repaired = panel.Injected["tags missing"] + panel.Injected["empty"];
        Assert.InRange(panel.Answered.Count + repaired, 200 * _callsPerDialogue, (200 * _callsPerDialogue) + late);
        Assert.Equal(server.Requests.Count, report.Spent.Requests);
        TestContext.Current.SendDiagnosticMessage(
            "200 dialogues: {0} requests, faults {1}",
            server.Requests.Count,
            string.Join(", ", panel.Injected.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"))
        );
        Assert.InRange((double)panel.Injected.Values.Sum() / server.Requests.Count, 0.15, 0.25);
    }

    [Fact]
    public async Task Resume_AfterAStop_RepeatsNoCallAndGivesTheSameBytes()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        ReviewJob whole = Job(folder, server, 6);
        await ReviewRun.RunAsync(whole, null, default);
        int calls = server.Requests.Count;
        server.Requests.Clear();

        ReviewJob part = whole with { Output = folder["part"] };
        ReviewReport stopped = await ReviewRun.RunAsync(WithRequests(part, 20), null, default);
        Assert.Equal("20 requests", stopped.Stopped);
        Assert.Equal(20, server.Requests.Count);
        Assert.Equal(6, stopped.Incomplete + stopped.Conversations);

        ReviewReport second = await ReviewRun.RunAsync(WithRequests(part with { Resume = true }, 41), null, default);
        Assert.Equal(41, second.Spent.Requests);
        ReviewReport last = await ReviewRun.RunAsync(part with { Resume = true }, null, default);
        Assert.Null(last.Stopped);
        Assert.Equal(calls, server.Requests.Count);
        Assert.Equal(
            File.ReadAllBytes(new ReviewFiles(whole.Output).Conversations),
            File.ReadAllBytes(new ReviewFiles(part.Output).Conversations)
        );
    }

    [Fact]
    public async Task Resume_TornLastLine_IsDroppedAndAskedAgain()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        ReviewJob job = Job(folder, server, 2);
        await ReviewRun.RunAsync(job, null, default);
        ReviewFiles files = new(job.Output);
        byte[] conversations = File.ReadAllBytes(files.Conversations);
        byte[] journal = File.ReadAllBytes(files.Journal);
        File.WriteAllBytes(files.Journal, journal[..^7]);
        server.Requests.Clear();

        await ReviewRun.RunAsync(job with { Resume = true }, null, default);
        Assert.Single(server.Requests);
        Assert.Equal(conversations, File.ReadAllBytes(files.Conversations));
    }

    [Fact]
    public async Task Resume_FailedDialogues_AreTriedAgain()
    {
        using TempFolder folder = new();
        bool broken = true;
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            broken
            && request.Body.GetRawText().Contains("task 1.", StringComparison.Ordinal)
            && request.Role == "reviewer"
                ? Answers.Status(400, """{"error":{"message":"context too long"}}""")
                : Panel.Play(request)
        );
        ReviewJob job = Job(folder, server, 3);
        ReviewReport first = await ReviewRun.RunAsync(job, null, default);
        LeftOut left = Assert.Single(first.LeftOut);
        Assert.Equal((1, "failed"), (left.SeedIndex, left.Outcome));
        Assert.Contains("context too long", left.Reason, StringComparison.Ordinal);

        broken = false;
        ReviewReport second = await ReviewRun.RunAsync(job with { Resume = true }, null, default);
        Assert.Equal(3, second.Conversations);
    }

    [Fact]
    public async Task Resume_OtherSettingsOrSeeds_IsRefusedByName()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        ReviewJob job = Job(folder, server, 1);
        await ReviewRun.RunAsync(job, null, default);
        ReviewJob other = job with { Resume = true, Settings = job.Settings with { Rounds = 2 } };
        MttException problem = await Assert.ThrowsAsync<MttException>(() => ReviewRun.RunAsync(other, null, default));
        Assert.Contains("settings.rounds", problem.Message, StringComparison.Ordinal);

        MttException again = await Assert.ThrowsAsync<MttException>(() => ReviewRun.RunAsync(job, null, default));
        Assert.Contains("--resume", again.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SharedCache_AsksNothingTwice()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        ReviewJob job = Job(folder, server, 3);
        job = job with { Settings = job.Settings with { Cache = folder["cache"] } };
        await ReviewRun.RunAsync(job, null, default);
        int calls = server.Requests.Count;
        ReviewReport second = await ReviewRun.RunAsync(job with { Output = folder["second"] }, null, default);
        Assert.Equal(calls, server.Requests.Count);
        Assert.Equal(0, second.Spent.Requests);
        Assert.Equal(
            File.ReadAllBytes(new ReviewFiles(job.Output).Conversations),
            File.ReadAllBytes(new ReviewFiles(folder["second"]).Conversations)
        );
    }

    [Fact]
    public async Task Run_WrongKey_StopsTheRunWithoutTheKey()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            Answers.Status(401, "{\"error\":{\"message\":\"bad key " + request.Authorization + "\"}}")
        );
        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            ReviewRun.RunAsync(Job(folder, server, 50), null, default)
        );
        Assert.Contains("401", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-secret", problem.ToString(), StringComparison.Ordinal);
        Assert.InRange(server.Requests.Count, 1, 49);
    }

    [Fact]
    public async Task Run_ServerEchoesTheKeyEverywhere_NoFileHoldsIt()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            request.Number % 4 == 0
                ? Answers.Status(500, $"you are {request.Authorization}")
                : Answers.Text(
                    Panel.Reply(request).Replace("answer", $"answer {request.Authorization}", StringComparison.Ordinal)
                )
        );
        ReviewReport report = await ReviewRun.RunAsync(Job(folder, server, 4), null, default);
        Assert.Equal(4, report.Conversations);
        foreach (string path in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain("sk-secret", File.ReadAllText(path), StringComparison.Ordinal);
        }

        Assert.Contains(
            "Bearer [key]",
            File.ReadAllText(new ReviewFiles(folder["out"]).Conversations),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Run_Refusal_EndsOnlyThatDialogue()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            request.Role == "candidate"
            && request.Messages[^1].Content.StartsWith("Do task 1.", StringComparison.Ordinal)
                ? Answers.Refusal("no")
                : Panel.Play(request)
        );
        ReviewReport report = await ReviewRun.RunAsync(Job(folder, server, 3), null, default);
        Assert.Equal(2, report.Conversations);
        Assert.Equal("refused", Assert.Single(report.LeftOut).Outcome);
    }

    [Fact]
    public async Task Estimate_OfARun_HasTheRunsCalls()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        ReviewJob job = Job(folder, server, 7);
        ReviewSettings settings = job.Settings with
        {
            Prices = new Dictionary<string, PriceSettings>
            {
                ["m"] = new() { Input = 1, Output = 2 },
            },
        };
        ReviewEstimate estimate = await ReviewEstimate.OfAsync(settings, job.Seeds, null);
        Assert.Empty(server.Requests);
        ModelEstimate model = Assert.Single(estimate.Models);
        Assert.Equal(7 * _callsPerDialogue, model.Calls);
        Assert.Equal(((1 * model.PromptTokens) + (2 * model.CompletionTokens)) / 1e6, model.Money!.Value, 1e-9);
    }

    [Fact]
    public async Task Ablation_ThreeArms_AreComparedAndShareFirstAnswers()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        IReadOnlyList<ReviewReport> reports = await ReviewAblation.RunAsync(Job(folder, server, 3), null, default);
        Assert.Equal([3, 3, 3], reports.Select(report => report.Conversations));
        JsonElement arms = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(folder["out/ablation.json"]));
        Assert.Equal(
            [0, 1, 3],
            new[] { "none", "one", "several" }.Select(arm => arms.GetProperty(arm).GetProperty("reviewers").GetInt32())
        );

        // 5 + 7 + 11 calls per dialogue; one first answer in place of three, and reviewer 1 of round 1 is asked once.
        Assert.Equal(3 * (5 + 7 + 11 - 3), server.Requests.Count);
    }

    [Fact]
    public async Task Run_LocalModel_IsUsedForAFolder()
    {
        using TempFolder folder = new();
        Directory.CreateDirectory(folder["model"]);
        string seeds = folder.Write("seeds.jsonl", """{"prompt":"Say hi."}""");
        ReviewJob job = new()
        {
            Settings = new ReviewSettings { Model = folder["model"], Rounds = 1 },
            Seeds = [seeds],
            Output = folder["out"],
            LocalModel = _ => new ConstantModel("<respond>hi</respond>"),
        };
        Assert.Equal(1, (await ReviewRun.RunAsync(job, null, default)).Conversations);
        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            ReviewRun.RunAsync(job with { LocalModel = null, Force = true }, null, default)
        );
        Assert.Contains("local models", problem.Message, StringComparison.Ordinal);
    }

    internal static ReviewJob Job(TempFolder folder, ScriptedServer server, int seeds)
    {
        string path = folder.Write(
            "seeds.jsonl",
            string.Concat(
                Enumerable
                    .Range(0, seeds)
                    .Select(i =>
                        $$"""{"id":"s{{i}}","instruction":"Do task {{i}}.","input":"with input {{i}}"}""" + "\n"
                    )
            )
        );
        return new ReviewJob
        {
            Settings = new ReviewSettings
            {
                Model = "m",
                Endpoints = new Dictionary<string, EndpointSettings>
                {
                    ["main"] = new() { BaseUrl = server.BaseUrl, ApiKeyEnv = "KEY" },
                },
                Retry = new RetrySettings { DelaySeconds = 0.01, MaxDelaySeconds = 0.05 },
            },
            Seeds = [path],
            Output = folder["out"],
            Environment = name => name == "KEY" ? "sk-secret-123456" : null,
        };
    }

    private static ReviewJob WithRequests(ReviewJob job, long requests) =>
        job with
        {
            Settings = job.Settings with { Budget = new BudgetSettings { Requests = requests } },
        };

    private sealed class ConstantModel(string text) : Inference.Endpoints.IChatModel
    {
        public Task<Inference.Endpoints.ChatReply> CompleteAsync(
            Inference.Endpoints.ChatRequest request,
            CancellationToken cancellation
        ) => Task.FromResult(new Inference.Endpoints.ChatReply(text, 1, 1));
    }
}
