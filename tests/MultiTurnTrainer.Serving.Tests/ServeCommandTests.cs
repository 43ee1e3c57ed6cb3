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
        using Process process = MttProcess.Start(
            folder.Path,
            "serve",
            "--model",
            "model",
            "--port",
            "0",
            "--store",
            "sqlite:s.db"
        );
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

        using Process again = MttProcess.Start(
            folder.Path,
            "serve",
            "--model",
            "model",
            "--port",
            "0",
            "--store",
            "sqlite:s.db"
        );
        using HttpClient later = await ConnectAsync(again);
        JsonObject state = JsonNode.Parse(await later.GetStringAsync($"/v1/sessions/{session}"))!.AsObject();
        Assert.Equal(4, state["messages"]!.AsArray().Count);
        await MttProcess.EndAsync(again, "INT");
        Assert.Equal(0, again.ExitCode);
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
        string[] command =
        [
            "serve",
            "--endpoint",
            upstream.BaseUrl,
            "--name",
            "m",
            "--port",
            "0",
            "--store",
            "sqlite:s.db",
        ];
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

    private static async Task<HttpClient> ConnectAsync(Process process)
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
