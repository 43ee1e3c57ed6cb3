using System.Text.Json;
using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Inference.Settings;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Synthesis.Settings;
using MultiTurnTrainer.Synthesis.Sharding;
using MultiTurnTrainer.Synthesis.Tests.Server;

namespace MultiTurnTrainer.Synthesis.Tests.Sharding;

public class ShardRunTests
{
    private const string _tasks =
        """{"question":"Ann has 3 cats and 2 dogs. How many pets?","answer":"5"}"""
        + "\n"
        + """{"question":"Bob has 1 cat and 1 dog. How many pets?","answer":"2"}"""
        + "\n";

    [Fact]
    public async Task Run_Rules_WritesBothFormatsAndCounts()
    {
        using TempFolder folder = new();
        string input = folder.Write(
            "tasks.jsonl",
            _tasks + """{"question":"Why"}""" + "\n" + """{"question":"Ann has one. And two?"}""" + "\n"
        );
        string held = folder.Write("held.jsonl", """{"question":"ann has one and  two"}""");
        ShardJob job = new()
        {
            Settings = new ShardSettings { Family = "math" },
            Inputs = [input],
            Output = folder["out.jsonl"],
            Exclude = [held],
        };
        ShardReport report = await ShardRun.RunAsync(job, null, default);
        Assert.Equal((4, 2, 4), (report.Tasks, report.Sharded, report.Shards));
        Assert.Equal(1, report.LeftOut["cannot_be_cut"]);
        Assert.Equal(1, report.LeftOut["excluded"]);
        ShardedTask first = ShardedTaskReader.Read(folder["out.jsonl"])[0];
        Assert.Equal(["How many pets?", "Ann has 3 cats and 2 dogs."], first.Shards);
        Assert.Equal(("tasks/1", "math", "5"), (first.Id, first.Family, first.Answer));

        await ShardRun.RunAsync(job with { Output = folder["out.json"], Format = ShardFormat.Lic }, null, default);
        JsonElement array = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(folder["out.json"]));
        Assert.Equal("How many pets?", array[0].GetProperty("shards")[0].GetProperty("shard").GetString());
        Assert.Equal(first.Shards, ShardedTaskReader.Read(folder["out.json"])[0].Shards);
    }

    [Fact]
    public async Task Run_RealActions_KeepsWhatTheVerifierNeeds()
    {
        using TempFolder folder = new();
        ShardJob job = new()
        {
            Settings = new ShardSettings(),
            Inputs = [SharedData.Path("lic", "rlsta", "lost_in_conversation_actions.json")],
            Output = folder["out.json"],
            Format = ShardFormat.Lic,
        };
        ShardReport report = await ShardRun.RunAsync(job, null, default);
        Assert.Equal(105, report.Tasks);
        JsonElement first = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(folder["out.json"]))[0];
        Assert.Equal("actions", first.GetProperty("task").GetString());
        Assert.Equal(JsonValueKind.Array, first.GetProperty("function").ValueKind);
        Assert.True(first.TryGetProperty("reference_answer", out _));
    }

    [Fact]
    public async Task Run_SftFormat_WritesConversationsWithTheGoldAnswer()
    {
        using TempFolder folder = new();
        ShardJob job = new()
        {
            Settings = new ShardSettings(),
            Inputs = [folder.Write("tasks.jsonl", _tasks + """{"question":"Ann has one. And two?"}""" + "\n")],
            Output = folder["sft.jsonl"],
            Format = ShardFormat.Sft,
        };
        ShardReport report = await ShardRun.RunAsync(job, null, default);
        Assert.Equal((2, 1), (report.Sharded, report.LeftOut["no_answer"]));
        JsonElement first = JsonSerializer.Deserialize<JsonElement>(File.ReadLines(folder["sft.jsonl"]).First());
        Assert.Equal(
            "user: How many pets?|user: Ann has 3 cats and 2 dogs.|user: Now answer with everything I told you.|assistant: 5",
            string.Join(
                '|',
                first
                    .GetProperty("messages")
                    .EnumerateArray()
                    .Select(m => $"{m.GetProperty("role")}: {m.GetProperty("content")}")
            )
        );
    }

    [Fact]
    public async Task Run_TasksThatHoldShards_KeepThemUnlessToldOtherwise()
    {
        using TempFolder folder = new();
        string refine = SharedData.Path("lic", "rlsta", "mt_refine_math_train.jsonl");
        ShardJob job = new()
        {
            Settings = new ShardSettings(),
            Inputs = [refine],
            Output = folder["out.jsonl"],
        };
        ShardReport report = await ShardRun.RunAsync(job, null, default);
        Assert.Equal((750, 750), (report.Sharded, report.Kept));
        IReadOnlyList<ShardedTask> before = ShardedTaskReader.Read(refine);
        IReadOnlyList<ShardedTask> after = ShardedTaskReader.Read(folder["out.jsonl"]);
        Assert.Equal(before.Select(task => task.Shards), after.Select(task => task.Shards));
        Assert.Equal(before.Select(task => task.ModifiedShards), after.Select(task => task.ModifiedShards));

        job = job with
        {
            Settings = new ShardSettings { Reshard = true },
            Output = folder["anew.jsonl"],
        };
        Assert.Equal(0, (await ShardRun.RunAsync(job, null, default)).Kept);
        Assert.All(ShardedTaskReader.Read(folder["anew.jsonl"]), task => Assert.Empty(task.ModifiedShards));
    }

    [Fact]
    public async Task Run_Model_SegmentsRephrasesAndVerifies()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Sharder);
        ShardReport report = await ShardRun.RunAsync(Job(folder, server), null, default);
        Assert.Equal(2, report.Sharded);
        ShardedTask first = ShardedTaskReader.Read(folder["out.jsonl"])[0];
        Assert.Equal(["pets?", "Ann has cats: 3", "and dogs too"], first.Shards);
        Assert.Equal("Ann has 3 cats and 2 dogs. How many pets?", first.Question);

        // Per task: segment, repaired once because of a made-up excerpt; rephrase, verify, and both again.
        Assert.Equal(2 * 6, server.Requests.Count);
        Assert.Contains(
            server.Requests,
            request => request.Messages[^1].Content.Contains("what was missing last time", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Run_ModelStopped_ResumesWithoutRepeating()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Sharder);
        ShardJob job = Job(folder, server);
        ShardSettings limited = job.Settings with
        {
            Run = job.Settings.Run with { Budget = new BudgetSettings { Requests = 7 } },
        };
        ShardReport stopped = await ShardRun.RunAsync(job with { Settings = limited }, null, default);
        Assert.Equal("7 requests", stopped.Stopped);
        ShardReport done = await ShardRun.RunAsync(job with { Resume = true }, null, default);
        Assert.Equal((2, 12), (done.Sharded, server.Requests.Count));

        MttException problem = await Assert.ThrowsAsync<MttException>(() => ShardRun.RunAsync(job, null, default));
        Assert.Contains("--resume", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ModelNeverComplete_LeavesTheTaskOutAndCounts()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            request.Messages[^1].Content.Contains("Compare the shards", StringComparison.Ordinal)
                ? Answers.Text("<verdict>incomplete</verdict><missing>the dogs</missing>")
                : Sharder(request)
        );
        ShardReport report = await ShardRun.RunAsync(Job(folder, server), null, default);
        Assert.Equal((0, 2), (report.Sharded, report.LeftOut["incomplete"]));
        Assert.Contains("the dogs", report.Examples[0].Reason, StringComparison.Ordinal);
    }

    private static ShardJob Job(TempFolder folder, ScriptedServer server) =>
        new()
        {
            Settings = new ShardSettings
            {
                Method = ShardMethod.Model,
                Sharder = new RoleSettings { Model = "m" },
                Run = new ShardRunSettings
                {
                    Concurrency = 1,
                    Endpoints = new Dictionary<string, EndpointSettings> { ["a"] = new() { BaseUrl = server.BaseUrl } },
                },
            },
            Inputs = [folder.Write("tasks.jsonl", _tasks)],
            Output = folder["out.jsonl"],
            Environment = _ => null,
        };

    private static Answer Sharder(Received request)
    {
        string last = request.Messages[^1].Content;
        string all = string.Concat(request.Messages.Select(message => message.Content));
        string who = all.Contains("Ann", StringComparison.Ordinal) ? "Ann has 3 cats" : "Bob has 1 cat";
        string reply =
            last.Contains("is not an excerpt", StringComparison.Ordinal)
                ? $"<segments>- {who}\n- and\n- How many pets</segments>"
            : last.Contains("Cut the instruction", StringComparison.Ordinal) ? $"<segments>{who}\nmade up</segments>"
            : last.Contains("Turn the segments", StringComparison.Ordinal)
                ? "<shards>pets?\nAnn has cats: 3\nand dogs too</shards>"
            : all.Contains("shard 2", StringComparison.Ordinal) && request.Number % 6 == 4
                ? "<think>hm</think><verdict>incomplete</verdict><missing>the dogs</missing>"
            : "<verdict>complete</verdict>";
        return Answers.Text(reply);
    }
}
