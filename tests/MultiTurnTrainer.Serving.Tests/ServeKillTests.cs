using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using MultiTurnTrainer.Inference.Tests.Server;
using static System.FormattableString;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>The built server, killed under load at random moments (<c>MTT_KILLS</c> of them; scripts/nightly.sh takes 50).</summary>
public class ServeKillTests
{
    private const int Sessions = 6;

    private static int Kills =>
        int.TryParse(Environment.GetEnvironmentVariable("MTT_KILLS"), CultureInfo.InvariantCulture, out int kills)
            ? kills
            : 4;

    /// <summary>
    /// What a client was told is there, once; what it was not told is there whole or not at all; nothing stays pending; the same key asks
    /// for the same turn, before the kill and after.
    /// </summary>
    [Fact]
    public async Task Serve_KilledUnderLoad_KeepsEachCommittedTurnOnceAndMarksEachPendingOne()
    {
        using TempFolder folder = new();
        Random random = new(7);
        await using ScriptedServer upstream = await ScriptedServer.StartAsync(Drip);
        Client[] clients = [.. Enumerable.Range(0, Sessions).Select(i => new Client(i))];
        int interrupted = 0;
        for (int kill = 0; kill <= Kills; kill++)
        {
            using Process process = MttProcess.Start(
                folder.Path,
                ["serve", "--endpoint", upstream.BaseUrl, "--name", "m", "--port", "0", "--store", "sqlite:s.db"]
            );
            using HttpClient http = await ServeCommandTests.ConnectAsync(process);
            foreach (Client client in clients)
            {
                interrupted = Math.Max(interrupted, await client.CheckAsync(http));
            }

            if (kill == Kills)
            {
                await MttProcess.EndAsync(process, "TERM");
                break;
            }

            Task[] load = [.. clients.Select(client => client.AskUntilItFailsAsync(http))];
            await Task.Delay(random.Next(150, 1200));
            process.Kill();
            await Task.WhenAll(load);
            await process.WaitForExitAsync();
        }

        Assert.All(clients, client => Assert.NotEmpty(client.Answered));
        Assert.True(interrupted > 0, "no kill hit a turn that was being answered");
    }

    // The answer says which question it is of, and takes some time.
    private static Answer Drip(Received request) =>
        async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (string content in $"re: {request.Messages[^1].Content} .".Split(' '))
            {
                string chunk = JsonSerializer.Serialize(
                    new { choices = new[] { new { delta = new { content = content + " " } } } }
                );
                await context.Response.WriteAsync($"data: {chunk}\n\n");
                await context.Response.Body.FlushAsync();
                await Task.Delay(10);
            }

            await context.Response.WriteAsync("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
            await context.Response.WriteAsync("data: [DONE]\n\n");
        };

    /// <summary>One client with one session: asks, and remembers what it was told.</summary>
    private sealed class Client(int number)
    {
        private string? _session;
        private int _next;

        /// <summary>Questions whose answer was there whole.</summary>
        public ConcurrentBag<string> Answered { get; } = [];

        private string Question => Invariant($"question-{number}-{_next}");

        public async Task AskUntilItFailsAsync(HttpClient http)
        {
            try
            {
                while (true)
                {
                    await AskAsync(http);
                    Answered.Add(Question);
                    _next++;
                }
            }
            catch (Exception problem) when (problem is HttpRequestException or IOException)
            {
                // The server is gone; the question is asked again under the same key.
            }
        }

        /// <summary>Compares the session with what the client was told.</summary>
        /// <returns>How many of its turns are marked interrupted.</returns>
        public async Task<int> CheckAsync(HttpClient http)
        {
            _session ??= (string)
                JsonNode.Parse(await (await http.PostAsync("/v1/sessions", null)).Content.ReadAsStringAsync())!["id"]!;
            JsonNode state = JsonNode.Parse(await http.GetStringAsync($"/v1/sessions/{_session}"))!;
            string[] texts = [.. state["messages"]!.AsArray().Select(message => (string)message!["content"]!)];
            string[] questions = [.. texts.Where((_, i) => i % 2 == 0)];
            string?[] statuses = [.. state["turns"]!.AsArray().Select(turn => (string?)turn!["status"])];
            Assert.Null(state["pending"]);
            Assert.All(statuses, status => Assert.True(status is "committed" or "interrupted", status));
            Assert.Equal(questions.Length, statuses.Count(status => status == "committed"));
            Assert.Equal(questions, questions.Distinct());
            Assert.Equal(questions.Select(question => $"re: {question} . "), texts.Where((_, i) => i % 2 == 1));
            Assert.Subset(questions.ToHashSet(), Answered.ToHashSet());
            // The one that the client does not know of may be there too.
            Assert.InRange(questions.Length, Answered.Count, Answered.Count + 1);
            return statuses.Count(status => status == "interrupted");
        }

        private async Task AskAsync(HttpClient http)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/v1/chat/completions");
            request.Headers.Add("mtt-session", _session);
            request.Headers.Add("Idempotency-Key", Question);
            request.Content = new StringContent(
                JsonSerializer.Serialize(
                    new { stream = true, messages = new[] { new { role = "user", content = Question } } }
                ),
                Encoding.UTF8,
                "application/json"
            );
            using HttpResponseMessage response = await http.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            if (!text.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal))
            {
                throw new IOException(text);
            }
        }
    }
}
