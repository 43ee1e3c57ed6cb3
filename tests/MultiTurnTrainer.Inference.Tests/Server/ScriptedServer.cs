using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MultiTurnTrainer.Inference.Tests.Server;

/// <summary>One request that the server got.</summary>
internal sealed record Received(int Number, string Path, JsonElement Body, string? Authorization, long Timestamp)
{
    public IReadOnlyList<(string Role, string Content)> Messages =>
        [
            .. Body.GetProperty("messages")
                .EnumerateArray()
                .Select(message =>
                    (message.GetProperty("role").GetString()!, message.GetProperty("content").GetString()!)
                ),
        ];

    /// <summary>The role that this call plays, by its system prompt.</summary>
    public string Role =>
        Messages[0].Content.Contains("You are the candidate", StringComparison.Ordinal) ? "candidate"
        : Messages[0].Content.Contains("member of an interview panel", StringComparison.Ordinal) ? "reviewer"
        : "chairman";
}

/// <summary>A real HTTP server on a free port that answers what is posted below <c>/v1/</c> by a script.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _count;

    private ScriptedServer(WebApplication application) => _application = application;

    public string BaseUrl { get; private set; } = "";

    public ConcurrentQueue<Received> Requests { get; } = [];

    public static async Task<ScriptedServer> StartAsync(Func<Received, Answer> script)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication application = builder.Build();
        ScriptedServer server = new(application);
        application.MapPost(
            "/v1/{**path}",
            async context =>
            {
                JsonElement body = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
                Received received = new(
                    Interlocked.Increment(ref server._count),
                    context.Request.RouteValues["path"]!.ToString()!,
                    body,
                    context.Request.Headers.Authorization,
                    Stopwatch.GetTimestamp()
                );
                server.Requests.Enqueue(received);
                await script(received)(context, received);
            }
        );
        await application.StartAsync();
        server.BaseUrl =
            application
                .Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!
                .Addresses.Single() + "/v1";
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.FromMilliseconds(200));
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
    }
}

/// <summary>Answers one request.</summary>
internal delegate Task Answer(HttpContext context, Received request);
