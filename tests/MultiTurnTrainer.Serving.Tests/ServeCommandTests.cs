using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>The built <c>mtt serve</c>.</summary>
public class ServeCommandTests
{
    [Fact]
    public async Task Serve_ALocalModel_AnswersReusesWhatItReadAndEndsOnSigterm()
    {
        using TempFolder folder = new();
        PresetModel.Write(folder);
        string[] command = ["serve", "--model", "model", "--port", "0", "--store", "sqlite:s.db"];
        using Process process = MttProcess.Start(folder.Path, command);
        using HttpClient client = await ConnectAsync(process);
        string session = (string)(await PostAsync(client, "/v1/sessions", "{}"))["id"]!;

        JsonObject first = await SayAsync(client, session, "How do I clean the lamp?");
        JsonObject second = await SayAsync(client, session, "And the table?");

        Assert.NotEqual("", (string?)first["choices"]![0]!["message"]!["content"]);
        int prompt = (int)second["usage"]!["prompt_tokens"]!;
        int cached = (int)second["usage"]!["prompt_tokens_details"]!["cached_tokens"]!;
        Assert.InRange(cached, (int)first["usage"]!["prompt_tokens"]!, prompt - 1);
        await MttProcess.EndAsync(process, "TERM");
        Assert.Equal(0, process.ExitCode);

        using Process again = MttProcess.Start(folder.Path, command);
        using HttpClient later = await ConnectAsync(again);
        JsonObject state = JsonNode.Parse(await later.GetStringAsync($"/v1/sessions/{session}"))!.AsObject();
        Assert.Equal(4, state["messages"]!.AsArray().Count);
        await MttProcess.EndAsync(again, "INT");
        Assert.Equal(0, again.ExitCode);
    }

    [Fact]
    public async Task Serve_AskedToStopInTheMiddle_LetsTheAnswerFinish()
    {
        using TempFolder folder = new();
        TaskCompletionSource rest = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer upstream = await ScriptedServer.StartAsync(_ =>
            async (context, received) =>
            {
                await rest.Task;
                await Answers.Stream(["the whole answer"])(context, received);
            }
        );
        using Process process = MttProcess.Start(folder.Path, Command(upstream));
        using HttpClient client = await ConnectAsync(process);
        string session = (string)(await PostAsync(client, "/v1/sessions", "{}"))["id"]!;
        Task<JsonObject> asked = SayAsync(client, session, "How do I clean the lamp?");
        while (upstream.Requests.Count == 0)
        {
            Assert.False(process.HasExited);
            await Task.Delay(20);
        }

        Task ended = MttProcess.EndAsync(process, "TERM");
        // Longer than a program gets that does not ask for more.
        await Task.Delay(TimeSpan.FromSeconds(4));
        rest.SetResult();

        Assert.Equal("the whole answer", (string?)(await asked)["choices"]![0]!["message"]!["content"]);
        await ended;
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Serve_KilledInTheMiddle_KeepsEveryCommittedTurnAndMarksThePendingOne()
    {
        using TempFolder folder = new();
        await using ScriptedServer upstream = await ScriptedServer.StartAsync(request =>
            request.Number == 3
                ? Answers.Stream(["half ", "an answer"], silentAfter: true)
                : Answers.Stream([$"answer {request.Number}"])
        );
        string[] command = Command(upstream);
        string session;
        using (Process process = MttProcess.Start(folder.Path, command))
        {
            using HttpClient client = await ConnectAsync(process);
            session = (string)(await PostAsync(client, "/v1/sessions", "{}"))["id"]!;
            await SayAsync(client, session, "one");
            await SayAsync(client, session, "two");
            Task<JsonObject> third = SayAsync(client, session, "three");
            await Task.Delay(1500);
            process.Kill();
            await process.WaitForExitAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => third);
        }

        using Process again = MttProcess.Start(folder.Path, command);
        using HttpClient later = await ConnectAsync(again);
        JsonObject state = JsonNode.Parse(await later.GetStringAsync($"/v1/sessions/{session}"))!.AsObject();
        Assert.Equal(4, state["messages"]!.AsArray().Count);
        Assert.Equal(
            ["committed", "committed", "interrupted"],
            state["turns"]!.AsArray().Select(turn => (string)turn!["status"]!)
        );
        await MttProcess.EndAsync(again, "TERM");
    }

    /// <summary>The whole section <c>sessions:</c>, each setting seen at work.</summary>
    [Fact]
    public async Task Serve_WithTheWholeSectionOfSettings_DoesWhatEachSays()
    {
        using TempFolder folder = new();
        await using ScriptedServer upstream = await ScriptedServer.StartAsync(request =>
            request.Messages[^1].Content == "break"
                ? Answers.Stream(["half ", "an answer"], ends: false)
                : Answers.Stream([request.Body.GetProperty("model").GetString()!])
        );
        folder.Write(
            "mtt.yaml",
            """
            sessions:
              policy: mine.yaml
              store: {type: sqlite, path: kept.db, ttl: 30}
              budgets: {requests: 4, tokens: 100000, money: 5, escalate_to: large, prices: {small: {input: 1, output: 2}}}
              fallbacks:
                on_state_desync: rollback_last_committed
                on_token_overflow: compress_and_retry
                on_stream_failure: acknowledge_partial
              streaming_buffer: {tokens: 1, milliseconds: 60000}
              routing: [{model: large, metadata: {tier: gold}}]
              telemetry: true
            """
        );
        folder.Write("mine.yaml", "context: {persona: {text: You are Bell.}}\n");
        string[] models =
        [
            "--endpoint",
            upstream.BaseUrl,
            "--name",
            "small",
            "--endpoint",
            upstream.BaseUrl,
            "--name",
            "large",
        ];
        using Process process = MttProcess.Start(folder.Path, ["serve", .. models, "--port", "0"]);
        using HttpClient client = await ConnectAsync(process);
        string session = (string)(await PostAsync(client, "/v1/sessions", "{}"))["id"]!;

        Assert.Equal("small", Content(await SayAsync(client, session, "one")));
        Assert.Contains("You are Bell.", upstream.Requests.First().Messages[0].Content, StringComparison.Ordinal);
        JsonObject routed = new()
        {
            ["metadata"] = new JsonObject { ["session_id"] = session, ["tier"] = "gold" },
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "two" }),
        };
        Assert.Equal("large", Content(await PostAsync(client, "/v1/chat/completions", routed.ToJsonString())));
        using (HttpResponseMessage broken = await SendAsync(client, session, "break"))
        {
            Assert.Equal(502, (int)broken.StatusCode);
            Assert.Contains("load;dur=", broken.Headers.GetValues("Server-Timing").Single(), StringComparison.Ordinal);
        }

        await SayAsync(client, session, "four");
        Assert.Equal("large", Content(await SayAsync(client, session, "five")));
        JsonNode state = JsonNode.Parse(await client.GetStringAsync($"/v1/sessions/{session}"))!;
        Assert.Equal("half an answer", (string?)state["messages"]![5]!["content"]);
        JsonNode events = JsonNode.Parse(await client.GetStringAsync($"/v1/sessions/{session}/events"))!;
        string[] kinds = [.. events["data"]!.AsArray().Select(item => (string)item!["kind"]!)];
        Assert.Contains("turn_checkpointed", kinds);
        Assert.Contains("budget_tripped", kinds);
        Assert.True((double)state["usage"]!["money"]! > 0);
        await MttProcess.EndAsync(process, "TERM");
        Assert.True(File.Exists(folder["kept.db"]));
    }

    [Theory]
    [InlineData("sessions: {fallbacks: {on_state_desync: guess}}", "on_state_desync")]
    [InlineData("sessions: {stor: {type: sqlite}}", "stor")]
    [InlineData("sessions: {telemetry: maybe}", "telemetry")]
    public void Serve_WithASettingThatIsNone_NamesItsLine(string settings, string message)
    {
        using TempFolder folder = new();
        folder.Write("mtt.yaml", settings);

        MttResult result = MttProcess.Run(folder.Path, ["serve", "--endpoint", "http://localhost:1/v1", "--name", "m"]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Contains("mtt.yaml:1", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_InTheTerminal_GoesOnInTheSessionOfBefore()
    {
        using TempFolder folder = new();
        await using ScriptedServer upstream = await ScriptedServer.StartAsync(request =>
            Answers.Stream(["re: ", request.Messages[^1].Content])
        );
        string[] command = ["chat", "--endpoint", upstream.BaseUrl, "--name", "m", "--store", "sqlite:s.db"];

        MttResult first = MttProcess.Run(folder.Path, command, "one\ntwo\n");
        string session = first.Error.Split("session ")[1].Split(' ')[0];
        MttResult second = MttProcess.Run(folder.Path, [.. command, "--session", session], "three\n");
        MttResult unknown = MttProcess.Run(folder.Path, [.. command, "--session", "nothing"], "three\n");

        Assert.Equal((0, "re: one\nre: two\n"), (first.ExitCode, first.Out));
        Assert.Equal((0, "re: three\n"), (second.ExitCode, second.Out));
        Assert.Equal(
            ["one", "re: one", "two", "re: two", "three"],
            upstream.Requests.Last().Messages.Select(message => message.Content)
        );
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("There is no such", unknown.Error, StringComparison.Ordinal);
    }

    private static string[] Command(ScriptedServer upstream) =>
        ["serve", "--endpoint", upstream.BaseUrl, "--name", "m", "--port", "0", "--store", "sqlite:s.db"];

    internal static async Task<HttpClient> ConnectAsync(Process process)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            int at = line.IndexOf("http://", StringComparison.Ordinal);
            if (at >= 0)
            {
                return new HttpClient
                {
                    BaseAddress = new Uri(line[at..].Replace("/v1", "", StringComparison.Ordinal)),
                };
            }
        }

        throw new InvalidOperationException(await process.StandardError.ReadToEndAsync(patience.Token));
    }

    private static string? Content(JsonObject answer) => (string?)answer["choices"]![0]!["message"]!["content"];

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string session, string text) =>
        client.PostAsync(
            "/v1/chat/completions",
            new StringContent(
                JsonSerializer.Serialize(
                    new
                    {
                        metadata = new { session_id = session },
                        messages = new[] { new { role = "user", content = text } },
                    }
                ),
                Encoding.UTF8,
                "application/json"
            )
        );

    private static Task<JsonObject> SayAsync(HttpClient client, string session, string text) =>
        PostAsync(
            client,
            "/v1/chat/completions",
            JsonSerializer.Serialize(
                new
                {
                    max_tokens = 24,
                    metadata = new { session_id = session },
                    messages = new[] { new { role = "user", content = text } },
                }
            )
        );

    private static async Task<JsonObject> PostAsync(HttpClient client, string path, string json)
    {
        using HttpResponseMessage response = await client.PostAsync(
            path,
            new StringContent(json, Encoding.UTF8, "application/json")
        );
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!.AsObject();
    }
}
