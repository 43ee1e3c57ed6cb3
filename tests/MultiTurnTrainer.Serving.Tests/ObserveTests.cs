using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>What Prometheus and a collector are told of sessions; the rules and the dashboard of the repository.</summary>
[Collection("telemetry")]
public sealed partial class ObserveTests : IDisposable
{
    private const int Turns = 20;
    private static readonly string _observe = Path.Combine(Repository.Root, "scripts/observe");

    private static readonly ContextPolicy _policy = new()
    {
        Window = 400,
        Steps =
        [
            new PolicyStep
            {
                When = new Trigger { Turns = 4 },
                Do = [StepAction.SummarizeMessages],
                KeepMessages = 2,
            },
        ],
    };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Metrics_AfterTurns_HaveWhatHappenedAndNoWordOfIt()
    {
        await using TestServer server = await TestServer.StartAsync(
            ClientScript.Play,
            plan =>
                plan with
                {
                    Observe = new ObserveOptions { Metrics = new IPEndPoint(IPAddress.Loopback, 0) },
                    Sessions = plan.Sessions with { Budget = new SessionBudget { Requests = Turns } },
                },
            _policy
        );
        string session = await TalkAsync(server);
        // A copy of what happened has not happened again.
        Assert.Equal(201, (await server.PostAsync($"/v1/sessions/{session}/fork", "{}")).Status);

        using HttpClient client = new();
        string text = await client.GetStringAsync($"{server.Server.MetricsUrl}/metrics");

        Assert.Equal(1, Value(text, """session_events_total{kind="session_forked"}"""));
        Assert.Equal(Turns, Value(text, """session_events_total{kind="turn_committed"}"""));
        Assert.Equal(1, Value(text, """session_budget_trips_total{action="stop",which="requests"}"""));
        Assert.Equal(1, Value(text, """session_outcomes_total{first_contact="true",outcome="resolved"}"""));
        Assert.Equal(Turns, Value(text, "session_size_count"));
        Assert.Equal(Turns - 3, Value(text, "session_drift_count"));
        Assert.True(Value(text, """session_cleared_total{step="step 0"}""") > 0);
        Assert.DoesNotContain("abbreviations", text, StringComparison.Ordinal);
        Assert.DoesNotContain(session, text, StringComparison.Ordinal);
        using HttpResponseMessage other = await client.GetAsync($"{server.Server.MetricsUrl}/v1/models");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        Assert.Equal(404, (await server.GetAsync("/metrics")).Status);
        using HttpRequestMessage foreign = new(HttpMethod.Get, $"{server.Server.MetricsUrl}/metrics");
        foreign.Headers.Host = "evil.example";
        using HttpResponseMessage refused = await client.SendAsync(foreign);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task Otlp_AfterATurn_HasItsSpansAndMetrics()
    {
        ConcurrentDictionary<string, string> sent = [];
        await using WebApplication collector = await CollectAsync(sent);
        await using (
            TestServer server = await TestServer.StartAsync(
                ClientScript.Play,
                plan => plan with { Observe = ObserveOptions.Read(collector.Urls.First(), null) },
                _policy
            )
        )
        {
            await TalkAsync(server);
        }

        string[] spans =
        [
            "session.turn",
            "session.retrieve",
            "context.assemble",
            "context.compress",
            "session.inference",
            "session.commit",
        ];
        Assert.All(spans, span => Assert.Contains(span, sent["/v1/traces"], StringComparison.Ordinal));
        Assert.Contains("session.store.duration", sent["/v1/metrics"], StringComparison.Ordinal);
        Assert.DoesNotContain("abbreviations", string.Concat(sent.Values), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithoutObserve_MeasuresNothing()
    {
        await using TestServer server = await TestServer.StartAsync(ClientScript.Play);

        Assert.Null(server.Server.MetricsUrl);
        Assert.Null((await server.SayAsync(await server.BeginAsync(), "hello")).Header("Server-Timing"));
    }

    [Theory]
    [InlineData("9464", "127.0.0.1:9464")]
    [InlineData("0.0.0.0:9464", "0.0.0.0:9464")]
    [InlineData("[::1]:9464", "[::1]:9464")]
    public void Read_OfAMetricsAddress_IsLoopbackUnlessItSaysOtherwise(string text, string point) =>
        Assert.Equal(IPEndPoint.Parse(point), ObserveOptions.Read(null, text).Metrics);

    [Theory]
    [InlineData(null, "10.0.0.5")]
    [InlineData(null, "::1")]
    [InlineData(null, "everywhere")]
    [InlineData(null, "99999")]
    [InlineData("localhost:4318", null)]
    [InlineData("http://user:key@localhost:4318", null)]
    public void Read_OfAnythingElse_IsRefused(string? otlp, string? metrics) =>
        Assert.Throws<MttException>(() => ObserveOptions.Read(otlp, metrics));

    [Fact]
    public async Task Start_WithAMetricsAddressOfAnotherMachine_IsRefused() =>
        // An address of documentation, which no machine has.
        await Assert.ThrowsAsync<MttException>(() =>
            TestServer.StartAsync(
                ClientScript.Play,
                plan => plan with { Observe = ObserveOptions.Read(null, "192.0.2.1:9464") }
            )
        );

    [Fact]
    public void Rules_OfTheRepository_PassPromtool()
    {
        (int rules, string said) = PrometheusServer.Promtool("check", "rules", Path.Combine(_observe, "alerts.yml"));
        Assert.True(rules == 0 && said.Contains("SUCCESS", StringComparison.Ordinal), said);
        (int config, string all) = PrometheusServer.Promtool(
            "check",
            "config",
            Path.Combine(_observe, "prometheus.yml")
        );
        Assert.True(config == 0, all);
    }

    /// <summary>The real thing: mtt serve, Debian's Prometheus before it, and every metric that rules and dashboard name is there.</summary>
    [Fact]
    public async Task Prometheus_ScrapingServe_KnowsEveryMetricOfRulesAndDashboard()
    {
        string dashboard = File.ReadAllText(Path.Combine(_observe, "dashboard.json"));
        string alerts = File.ReadAllText(Path.Combine(_observe, "alerts.yml"));
        string[] named = [.. MetricName().Matches(alerts + dashboard).Select(match => match.Value).Distinct().Order()];
        Assert.True(named.Length > 10);
        int port = PostgresServer.FreePort();
        string config = File.ReadAllText(Path.Combine(_observe, "prometheus.yml"));
        _folder.Write("prometheus.yml", config.Replace(":9464", $":{port}").Replace("15s", "1s"));
        _folder.Write("alerts.yml", alerts);
        _folder.Write(
            "mine.yaml",
            "context: {window: 400, steps: [{when: {turns: 4}, do: [summarize_messages], keep_messages: 2}]}\n"
        );
        _folder.Write("mtt.yaml", $"sessions: {{observe: {{metrics: \"{port}\"}}, budgets: {{requests: {Turns}}}}}\n");
        using PrometheusServer prometheus = PrometheusServer.Start(_folder, "prometheus.yml");
        await using ScriptedServer upstream = await ScriptedServer.StartAsync(ClientScript.Play);
        string[] serve = ["serve", "--endpoint", upstream.BaseUrl, "--name", "m", "--policy", "mine.yaml"];
        using Process process = MttProcess.Start(_folder.Path, [.. serve, "--store", "memory", "--port", "0"]);
        string url = "";
        string metrics = "";
        while (url.Length == 0 || metrics.Length == 0)
        {
            string? line = await process.StandardOutput.ReadLineAsync();
            if (line is null)
            {
                Assert.Fail(await process.StandardError.ReadToEndAsync());
            }

            url = line.Contains("serving", StringComparison.Ordinal)
                ? line[line.IndexOf("http", StringComparison.Ordinal)..]
                : url;
            metrics = line.StartsWith("metrics", StringComparison.Ordinal) ? line : metrics;
        }

        Assert.Contains($"http://127.0.0.1:{port}/metrics", metrics, StringComparison.Ordinal);
        using HttpClient client = new()
        {
            BaseAddress = new Uri(url[..url.LastIndexOf("/v1", StringComparison.Ordinal)]),
        };
        await TalkAsync(client);

        string[] missing = named;
        for (int i = 0; i < 300 && missing.Length > 0; i++)
        {
            await Task.Delay(100);
            missing = [.. named.Except(await NamesAsync(client, prometheus))];
        }

        Assert.Empty(missing);
        JsonNode rules = await AskAsync(client, prometheus, "/api/v1/rules");
        string[] health =
        [
            .. rules["data"]!["groups"]![0]!["rules"]!.AsArray().Select(rule => (string)rule!["health"]!),
        ];
        Assert.NotEmpty(health);
        Assert.DoesNotContain("err", health);
        foreach (JsonNode? panel in JsonNode.Parse(dashboard)!["panels"]!.AsArray())
        {
            foreach (JsonNode? target in panel!["targets"]!.AsArray())
            {
                string query = ((string)target!["expr"]!).Replace("$__rate_interval", "1m", StringComparison.Ordinal);
                JsonNode answer = await AskAsync(
                    client,
                    prometheus,
                    $"/api/v1/query?query={Uri.EscapeDataString(query)}"
                );
                Assert.Equal("success", (string?)answer["status"]);
            }
        }

        await MttProcess.EndAsync(process, "TERM");
    }

    private static async Task<string[]> NamesAsync(HttpClient client, PrometheusServer prometheus)
    {
        try
        {
            JsonNode names = await AskAsync(client, prometheus, "/api/v1/label/__name__/values");
            return [.. names["data"]!.AsArray().Select(name => (string)name!)];
        }
        catch (HttpRequestException)
        {
            // It is still starting.
            return [];
        }
    }

    private static async Task<JsonNode> AskAsync(HttpClient client, PrometheusServer prometheus, string path) =>
        JsonNode.Parse(await client.GetStringAsync(prometheus.Url + path))!;

    private static async Task<string> TalkAsync(TestServer server) => await TalkAsync(server.Client);

    /// <summary>A session as long as it may be, one turn that its ceiling refuses, and how it ended.</summary>
    private static async Task<string> TalkAsync(HttpClient client)
    {
        string session = (string)(await PostAsync(client, "/v1/sessions", new JsonObject(), null))["id"]!;
        for (int i = 0; i <= Turns; i++)
        {
            string said = i == 0 ? "Never use abbreviations." : $"Question {i} {new string('x', 150)}";
            JsonObject message = new() { ["role"] = "user", ["content"] = said };
            await PostAsync(
                client,
                "/v1/chat/completions",
                new JsonObject { ["messages"] = new JsonArray(message) },
                session
            );
        }

        await PostAsync(client, $"/v1/sessions/{session}/outcome", new JsonObject { ["outcome"] = "resolved" }, null);
        return session;
    }

    private static async Task<JsonNode> PostAsync(HttpClient client, string path, JsonObject body, string? session)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        if (session is not null)
        {
            request.Headers.Add("mtt-session", session);
        }

        using HttpResponseMessage response = await client.SendAsync(request);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    }

    private static async Task<WebApplication> CollectAsync(ConcurrentDictionary<string, string> sent)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        Microsoft.AspNetCore.Hosting.WebHostBuilderKestrelExtensions.UseKestrelCore(builder.WebHost);
        WebApplication collector = builder.Build();
        collector.Urls.Add("http://127.0.0.1:0");
        collector.Run(async http =>
        {
            using MemoryStream body = new();
            await http.Request.Body.CopyToAsync(body);
            string text = Encoding.Latin1.GetString(body.ToArray());
            sent.AddOrUpdate(http.Request.Path, text, (_, before) => before + text);
        });
        await collector.StartAsync();
        return collector;
    }

    // Exporters add the scope to the labels: only those that are asked for count.
    private static double Value(string text, string series)
    {
        string name = series.Split('{')[0];
        string[] labels = series.Contains('{') ? series[(name.Length + 1)..^1].Split(',') : [];
        string line = text.Split('\n')
            .Single(line =>
                line.StartsWith(name, StringComparison.Ordinal)
                && line[name.Length] is '{' or ' '
                && labels.All(label => line.Contains(label, StringComparison.Ordinal))
            );
        return double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0]);
    }

    [GeneratedRegex(@"\b(sessions?|context)_[a-z_]+(?=[\[{ )])")]
    private static partial Regex MetricName();
}
