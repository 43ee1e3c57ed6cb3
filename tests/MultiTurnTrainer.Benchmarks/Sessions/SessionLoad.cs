using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using MultiTurnTrainer.Sessions;

namespace MultiTurnTrainer.Benchmarks.Sessions;

/// <summary>
/// Turns of <c>mtt serve</c> at a fixed rate that hit many sessions at random, so that most of them are not at hand, before an upstream of ours
/// that answers at once. The server is the built program; its parts of a turn come from its header <c>Server-Timing</c>.
/// </summary>
internal sealed class SessionLoad(string mtt, string folder)
{
    private const int RequestsPerSecond = 200;
    private const string Answer =
        "It was sent on Monday and is on its way; I have asked the carrier where it is and write to you by mail, not by phone.";

    private readonly ConcurrentDictionary<string, ConcurrentBag<double>> _parts = [];
    private int _failed;

    /// <summary>Makes sessions, sends requests and prints one JSON object.</summary>
    public async Task RunAsync(int sessions, int turns, int seconds, BenchmarkStore store)
    {
        await using WebApplication upstream = await StartUpstreamAsync();
        string original = Path.Combine(folder, "original.db");
        using (Process first = StartServer(upstream, ["--store", $"sqlite:{original}"]))
        {
            await MakeAsync(await ConnectAsync(first), turns);
            await StopAsync(first);
        }

        Stopwatch filling = Stopwatch.StartNew();
        SessionKey[] keys = await SessionClones.FillAsync(original, store, sessions);
        string[] ids = [.. keys.Select(key => key.Id)];
        double filled = filling.Elapsed.TotalSeconds;
        using Process server = StartServer(upstream, store.Options);
        using HttpClient http = await ConnectAsync(server);
        // Code is compiled before it is measured.
        await SendAsync(http, ids, seconds: 3, new Random(2));
        _parts.Clear();
        server.Refresh();
        TimeSpan busy = server.TotalProcessorTime;
        TimeSpan own = Process.GetCurrentProcess().TotalProcessorTime;
        Stopwatch clock = Stopwatch.StartNew();
        int sent = await SendAsync(http, ids, seconds, new Random(1));
        TimeSpan elapsed = clock.Elapsed;
        server.Refresh();
        Console.WriteLine(
            JsonSerializer.Serialize(
                new
                {
                    store = store.Kind,
                    sessions,
                    turns,
                    requests = sent,
                    failed = _failed,
                    seconds = Math.Round(elapsed.TotalSeconds, 1),
                    filled_in_seconds = Math.Round(filled, 1),
                    server_mb = server.WorkingSet64 >> 20,
                    server_cores = Math.Round((server.TotalProcessorTime - busy) / elapsed, 2),
                    generator_cores = Math.Round((Process.GetCurrentProcess().TotalProcessorTime - own) / elapsed, 2),
                    milliseconds = _parts
                        .OrderBy(part => part.Key, StringComparer.Ordinal)
                        .ToDictionary(part => part.Key, part => Quantiles.Of(part.Value)),
                },
                JsonSerializerOptions.Web
            )
        );
        await StopAsync(server);
    }

    private static async Task<WebApplication> StartUpstreamAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication application = builder.Build();
        string chunk = JsonSerializer.Serialize(new { choices = new[] { new { delta = new { content = Answer } } } });
        string end = """{"choices":[{"delta":{},"finish_reason":"stop"}]}""";
        byte[] stream = Encoding.UTF8.GetBytes($"data: {chunk}\n\ndata: {end}\n\ndata: [DONE]\n\n");
        application.MapPost(
            "/v1/{**path}",
            async context =>
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.WriteAsync(stream);
            }
        );
        await application.StartAsync();
        return application;
    }

    private Process StartServer(WebApplication upstream, string[] store)
    {
        ProcessStartInfo start = new(mtt) { RedirectStandardOutput = true, WorkingDirectory = folder };
        foreach (
            string argument in (string[])
                [
                    "serve",
                    "--endpoint",
                    upstream.Urls.First() + "/v1",
                    "--name",
                    "m",
                    "--port",
                    "0",
                    "--policy",
                    "support",
                    "--set",
                    "sessions.telemetry=true",
                    .. store,
                ]
        )
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static async Task<HttpClient> ConnectAsync(Process server)
    {
        while (await server.StandardOutput.ReadLineAsync() is { } line)
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

        throw new InvalidOperationException("mtt serve did not start");
    }

    private static async Task StopAsync(Process server)
    {
        using Process kill = Process.Start("kill", ["-TERM", server.Id.ToString(CultureInfo.InvariantCulture)]);
        await server.WaitForExitAsync();
    }

    private async Task MakeAsync(HttpClient http, int turns)
    {
        HttpResponseMessage made = await http.PostAsync("/v1/sessions", null);
        string session = (string)JsonNode.Parse(await made.Content.ReadAsStringAsync())!["id"]!;
        for (int turn = 0; turn < turns; turn++)
        {
            await AskAsync(http, session, turn);
        }

        http.Dispose();
    }

    private async Task<int> SendAsync(HttpClient http, string[] ids, int seconds, Random random)
    {
        List<Task> running = [];
        Stopwatch clock = Stopwatch.StartNew();
        for (int sent = 0; sent < seconds * RequestsPerSecond; sent++)
        {
            // The rate does not wait for answers: a server that falls behind is asked all the same.
            double wait = (sent * 1000.0 / RequestsPerSecond) - clock.Elapsed.TotalMilliseconds;
            if (wait > 1)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(wait));
            }

            running.Add(AskAsync(http, ids[random.Next(ids.Length)], sent));
        }

        await Task.WhenAll(running);
        return running.Count;
    }

    private async Task AskAsync(HttpClient http, string session, int turn)
    {
        string text =
            $"In turn {turn} the parcel with number {turn * 7919} has not arrived; please look where it is and tell me by mail.";
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(
                JsonSerializer.Serialize(new { messages = new[] { new { role = "user", content = text } } }),
                Encoding.UTF8,
                "application/json"
            ),
        };
        request.Headers.Add("mtt-session", session);
        long start = Stopwatch.GetTimestamp();
        using HttpResponseMessage response = await http.SendAsync(request);
        await response.Content.ReadAsStringAsync();
        Add("whole", Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        if (!response.IsSuccessStatusCode)
        {
            Interlocked.Increment(ref _failed);
            return;
        }

        foreach (string part in response.Headers.GetValues("Server-Timing").Single().Split(", "))
        {
            string[] fields = part.Split(";dur=");
            Add(fields[0], double.Parse(fields[1], CultureInfo.InvariantCulture));
        }
    }

    private void Add(string part, double milliseconds) => _parts.GetOrAdd(part, _ => []).Add(milliseconds);
}
