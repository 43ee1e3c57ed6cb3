using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Inference.Settings;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>A real server of ours before a scripted one, and a client.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly ScriptedServer _upstream;

    private TestServer(ScriptedServer upstream, ChatServer server)
    {
        _upstream = upstream;
        Server = server;
        // A client that leaves does so at once.
        SocketsHttpHandler handler = new() { ResponseDrainTimeout = TimeSpan.Zero };
        Client = new HttpClient(handler) { BaseAddress = new Uri(server.Url) };
    }

    public ChatServer Server { get; }

    public HttpClient Client { get; }

    /// <summary>What the scripted server got.</summary>
    public IReadOnlyList<Received> Received => [.. _upstream.Requests];

    public static async Task<TestServer> StartAsync(
        Func<Received, Answer> script,
        Func<ServerPlan, ServerPlan>? change = null,
        ContextPolicy? policy = null
    )
    {
        ScriptedServer upstream = await ScriptedServer.StartAsync(script);
        EndpointSettings endpoint = new()
        {
            BaseUrl = upstream.BaseUrl,
            Model = "upstream-name",
            IdleTimeoutSeconds = 1,
            TimeoutSeconds = 30,
        };
        ServerPlan plan = new(
            new ServerOptions { Port = 0 },
            new ModelsOptions
            {
                Endpoints = [new ServedEndpoint("served", endpoint)],
                Retry = new RetrySettings
                {
                    MaxRetries = 4,
                    DelaySeconds = 0.01,
                    MaxDelaySeconds = 0.02,
                },
            },
            new ServedPolicy("test", policy ?? new ContextPolicy(), null),
            new SessionsOptions(new MemorySessionStore())
        )
        {
            Environment = _ => null,
        };
        return new TestServer(upstream, await ChatServer.StartAsync(change?.Invoke(plan) ?? plan, default));
    }

    /// <summary>Begins a session.</summary>
    public async Task<string> BeginAsync(string json = "{}") =>
        (string)(await PostAsync("/v1/sessions", json)).Json["id"]!;

    /// <summary>Says something in a session.</summary>
    public Task<Reply> SayAsync(string session, string text, params (string Name, string Value)[] headers) =>
        PostAsync(
            "/v1/chat/completions",
            JsonSerializer.Serialize(new { messages = new[] { new { role = "user", content = text } } }),
            [("mtt-session", session), .. headers]
        );

    /// <summary>Says something in a session and reads the answer as it comes.</summary>
    public Task<Reply> StreamAsync(string session, string text, params (string Name, string Value)[] headers) =>
        PostAsync(
            "/v1/chat/completions",
            JsonSerializer.Serialize(new { stream = true, messages = new[] { new { role = "user", content = text } } }),
            [("mtt-session", session), .. headers]
        );

    /// <summary>Posts JSON and reads JSON.</summary>
    public async Task<Reply> PostAsync(string path, string json, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path)
        {
            Content = new StringContent(json, new MediaTypeHeaderValue("application/json")),
        };
        return await SendAsync(request, headers);
    }

    public Task<Reply> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), headers);

    public async Task<Reply> SendAsync(HttpRequestMessage request, params (string Name, string Value)[] headers)
    {
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await Client.SendAsync(request);
        return new Reply((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        await _upstream.DisposeAsync();
    }
}

/// <summary>What came back.</summary>
internal sealed record Reply(int Status, string Text, HttpResponseHeaders Headers)
{
    public JsonObject Json => JsonNode.Parse(Text)!.AsObject();

    public string? ErrorCode => (string?)Json["error"]?["code"];

    /// <summary>The text of a chat completion.</summary>
    public string? Content => (string?)Json["choices"]?[0]?["message"]?["content"];

    public string? Header(string name) =>
        Headers.TryGetValues(name, out IEnumerable<string>? all) ? all.Single() : null;

    /// <summary>The events of a stream: name and data.</summary>
    public IReadOnlyList<(string? Name, string Data)> Events =>
        [
            .. Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
                .Select(block => block.Split('\n'))
                .Where(lines => lines.Any(line => line.StartsWith("data: ", StringComparison.Ordinal)))
                .Select(lines =>
                    (
                        lines.FirstOrDefault(line => line.StartsWith("event: ", StringComparison.Ordinal))?[7..],
                        lines.Single(line => line.StartsWith("data: ", StringComparison.Ordinal))[6..]
                    )
                ),
        ];

    /// <summary>The text that a stream gave.</summary>
    public string Streamed =>
        string.Concat(
            Events
                .Where(item => item.Data != "[DONE]")
                .Select(item =>
                    (string?)JsonNode.Parse(item.Data)!["choices"]?.AsArray().FirstOrDefault()?["delta"]?["content"]
                )
        );
}
