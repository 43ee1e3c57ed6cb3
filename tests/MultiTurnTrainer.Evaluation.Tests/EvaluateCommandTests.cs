using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Evaluation.Tests;

/// <summary>The built <c>mtt evaluate</c> against a server that plays every part, well and badly.</summary>
public class EvaluateCommandTests
{
    private const string Tasks = """
        {"id": "a", "family": "math", "question": "What are 2 and 3?", "shards": ["What is the sum?", "one is 2", "one is 3"], "answer": "#### 5"}
        {"id": "b", "family": "math", "question": "What are 4 and 4?", "shards": ["What is the sum?", "one is 4", "the other is 4"], "answer": "#### 8"}

        """;

    [Fact]
    public async Task Evaluate_AModelUserAndVerifier_PlayTheirPartsAndReplayGivesTheSameTable()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Play);
        folder.Write("tasks.jsonl", Tasks);
        MttResult result = Run(folder, server, "--user-model", "u", "--verifier-model", "v");
        Assert.True(result.ExitCode == 0, result.Error);
        JsonElement report = Report(folder, "out.json");
        Assert.Equal(("u", "v"), (report.GetProperty("user").GetString(), report.GetProperty("verifier").GetString()));
        Assert.All(
            report.GetProperty("dialogues").EnumerateArray(),
            played => Assert.True(played.GetProperty("is_correct_last").GetBoolean(), played.ToString())
        );

        MttResult replay = MttProcess.Run(
            folder.Path,
            ["evaluate", "tasks.jsonl", "--replay", "out.json.journal", "-o", "again.json", "--name", "m"]
        );
        Assert.True(replay.ExitCode == 0, replay.Error);
        Assert.Equal(result.Out, replay.Out);
        Assert.Equal(File.ReadAllBytes(folder["out.json"]), File.ReadAllBytes(folder["again.json"]));
    }

    [Theory]
    [InlineData("never", "turn_cap")]
    [InlineData("repeats", "turn_cap")]
    [InlineData("two", "complete")]
    [InlineData("prose", "complete")]
    public async Task Evaluate_AUserWhoMisbehaves_EndsAllTheSame(string user, string end)
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            IsUser(request)
                ? Answers.Text(
                    user switch
                    {
                        "never" => """{"response": "I do not know.", "shard_id": -1}""",
                        "repeats" => """{"response": "As I said.", "shard_id": 1}""",
                        "two" => """{"response": "one is 2, one is 3", "shard_id": [2, 3]}""",
                        _ => "one is 2",
                    }
                )
                : Play(request)
        );
        folder.Write("tasks.jsonl", Tasks);
        MttResult result = Run(folder, server, "--user-model", "u", "--modes", "sharded", "--max-turns", "5");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.All(
            Report(folder, "out.json").GetProperty("dialogues").EnumerateArray(),
            played =>
            {
                Assert.Equal(end, played.GetProperty("end").GetString());
                Assert.Equal(end == "turn_cap" ? 5 : 3, played.GetProperty("replies").GetArrayLength());
            }
        );
    }

    [Theory]
    [InlineData("", "missing", 0.0)]
    [InlineData("I cannot help with that.", "refuse", 0.0)]
    [InlineData("The sum is 5 or 8.", "answer_attempt", 0.0)]
    public async Task Evaluate_ExtractionsThatDoNotStandInTheReply_ScoreNothing(string reply, string kind, double score)
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            Answers.Text(
                IsClassifier(request) ? $$"""{"response_type": "{{kind}}"}"""
                : IsExtractor(request) ? """{"answer": "not in the reply 5"}"""
                : reply
            )
        );
        folder.Write("tasks.jsonl", Tasks);
        MttResult result = Run(folder, server, "--verifier-model", "v", "--modes", "sharded");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.All(
            Report(folder, "out.json").GetProperty("dialogues")[0].GetProperty("replies").EnumerateArray(),
            judged =>
            {
                Assert.Equal(kind, judged.GetProperty("kind").GetString());
                Assert.Equal(score, judged.GetProperty("score").GetDouble());
            }
        );
    }

    [Fact]
    public async Task Evaluate_KilledInTheMiddle_ResumesToTheSameTable()
    {
        using TempFolder folder = new();
        int delay = 30;
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            async (context, received) =>
            {
                await Task.Delay(delay);
                await Play(request)(context, received);
            }
        );
        folder.Write("tasks.jsonl", Tasks);
        string[] arguments = Arguments(server, "out.json", "--runs", "8", "--concurrency", "2");
        using (Process process = MttProcess.Start(folder.Path, arguments))
        {
            while (!process.HasExited && server.Requests.Count < 20)
            {
                await Task.Delay(5);
            }

            process.Kill();
            await process.WaitForExitAsync();
        }

        Assert.False(File.Exists(folder["out.json"]));
        int finished = File.ReadLines(folder["out.json.journal"]).Count() - 1;
        await Task.Delay(10 * delay);
        server.Requests.Clear();
        delay = 0;
        Assert.Equal(0, MttProcess.Run(folder.Path, [.. arguments, "--resume"]).ExitCode);
        Assert.Equal((2 * 8 * (1 + 1 + 3)) - finished, server.Requests.Count);
        Assert.Equal(0, MttProcess.Run(folder.Path, Arguments(server, "whole.json", "--runs", "8")).ExitCode);
        Assert.Equal(
            Report(folder, "whole.json").GetProperty("results").ToString(),
            Report(folder, "out.json").GetProperty("results").ToString()
        );
    }

    [Fact]
    public async Task Evaluate_ABudget_StopsAndSaysSo()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Play);
        folder.Write("tasks.jsonl", Tasks);
        MttResult result = Run(folder, server, "--budget-requests", "4", "--concurrency", "1");
        Assert.Contains("stopped at the limit of 4 requests", result.Error, StringComparison.Ordinal);
        Assert.Equal(4, server.Requests.Count);
        Assert.Equal(0, Run(folder, server, "--resume", "--runs", "1").ExitCode);
    }

    [Fact]
    public async Task Evaluate_SeveralEndpointsAndAPolicy_AreUsed()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Play);
        await using ScriptedServer other = await ScriptedServer.StartAsync(Play);
        folder.Write("tasks.jsonl", Tasks);
        MttResult result = Run(folder, server, "--endpoint", other.BaseUrl, "--runs", "8", "--policy", "window");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.NotEmpty(server.Requests);
        Assert.NotEmpty(other.Requests);
        Assert.NotNull(Report(folder, "out.json").GetProperty("policy").GetString());
    }

    [Fact]
    public async Task Evaluate_ExportedSessions_AreComparedWithTheServedAnswers()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Play);
        folder.Write(
            "tasks.jsonl",
            """
            {"id": "s1", "messages": [{"role": "user", "content": "one is 2"}, {"role": "assistant", "content": "Go on."}, {"role": "user", "content": "one is 3"}, {"role": "assistant", "content": "The sum is 5."}], "metadata": {"session": {"version": 4}}}
            """
        );
        MttResult result = Run(folder, server);
        Assert.True(result.ExitCode == 0, result.Error);
        JsonElement row = Report(folder, "out.json").GetProperty("results")[2];
        Assert.Equal("session", row.GetProperty("family").GetString());
        Assert.Contains("against the served answer", row.GetProperty("metric").GetString(), StringComparison.Ordinal);
        Assert.Equal(100, row.GetProperty("last_turn").GetProperty("mean").GetDouble(), 6);
    }

    [Fact]
    public async Task Evaluate_ComparedOnAPage_HasEveryTable()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            request.Messages.Count > 2 ? Answers.Text("It is 7.\nUser: thanks") : Play(request)
        );
        folder.Write("tasks.jsonl", Tasks);
        Assert.Equal(0, Run(folder, server, "--runs", "2").ExitCode);
        MttResult result = MttProcess.Run(folder.Path, ["evaluate", "--compare", "out.json", "-o", "table.json"]);
        Assert.True(result.ExitCode == 0, result.Error);
        string page = File.ReadAllText(folder["table.html"]);
        foreach (
            string heading in new[]
            {
                "Aptitude and unreliability",
                "Score by number of shards",
                "Score by length of the last prompt",
                "Distribution",
                "How runs got lost",
                "Fact recall by distance",
                "Tokens of a dialogue",
                "A run that got lost",
                "Who played, and what it cost",
                "Definitions",
            }
        )
        {
            Assert.Contains(heading, page, StringComparison.Ordinal);
        }

        // Of the three replies of a sharded dialogue two write the user's turn.
        Assert.Contains("66.7 % (8/12)", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id": "a", "question": "q"}""", "tasks.jsonl:1: shards is missing")]
    [InlineData(
        """{"id": "a", "family": "math", "shards": ["q"], "answer": "none"}""",
        "tasks.jsonl:1: its answer is no number"
    )]
    [InlineData("""{"id": "a", "family": "actions", "shards": ["q"], "function": [{}]}""", "tasks.jsonl:1: function")]
    [InlineData("not json", "tasks.jsonl:1: not JSON")]
    public async Task Evaluate_AFileThatHoldsNoTasks_IsRefusedWithLineAndField(string line, string message)
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Play);
        folder.Write("tasks.jsonl", line);
        MttResult result = Run(folder, server);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    private static string[] Arguments(ScriptedServer server, string output, params string[] more) =>
        ["evaluate", "tasks.jsonl", "--endpoint", server.BaseUrl, "--model", "m", "-o", output, "--name", "m", .. more];

    private static MttResult Run(TempFolder folder, ScriptedServer server, params string[] more) =>
        MttProcess.Run(
            folder.Path,
            Arguments(server, "out.json", more.Contains("--runs") ? more : [.. more, "--runs", "1"])
        );

    private static JsonElement Report(TempFolder folder, string file) =>
        JsonDocument.Parse(File.ReadAllBytes(folder[file])).RootElement;

    private static bool IsUser(Received request) => Opens(request, "You play a user");

    private static bool IsClassifier(Received request) => Opens(request, "You read the last reply");

    private static bool IsExtractor(Received request) => Opens(request, "You take the answer out");

    private static bool Opens(Received request, string words) =>
        request.Messages[0].Content.StartsWith(words, StringComparison.Ordinal);

    /// <summary>Plays every part well: the assistant adds up the numbers it was told.</summary>
    private static Answer Play(Received request)
    {
        string last = request.Messages[^1].Content;
        if (IsUser(request))
        {
            Match next = Regex.Match(last[last.IndexOf("not told", StringComparison.Ordinal)..], @"(\d+): (.+)");
            return Answers.Text(
                JsonSerializer.Serialize(
                    new
                    {
                        response = next.Groups[2].Value,
                        shard_id = int.Parse(next.Groups[1].Value, CultureInfo.InvariantCulture),
                    }
                )
            );
        }

        if (IsClassifier(request))
        {
            return Answers.Text("""{"response_type": "answer_attempt"}""");
        }

        if (IsExtractor(request))
        {
            return Answers.Text($$"""{"answer": "{{Regex.Match(last, @"\d+").Value}}"}""");
        }

        int sum = request
            .Messages.Where(message => message.Role == "user")
            .SelectMany(message => Regex.Matches(message.Content, @"\d+"))
            .Sum(match => int.Parse(match.Value, CultureInfo.InvariantCulture));
        return Answers.Text($"The sum is {sum}.");
    }
}
