// Folder Serving: models and sessions behind an OpenAI-compatible API.
// Refuses to know: commands, where settings are read from, how a model computes.
using System.Net.Sockets;
using MultiTurnTrainer.Serving.Chats;
using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.SessionApi;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Serving.Telemetry;
using MultiTurnTrainer.Serving.Upstreams;

namespace MultiTurnTrainer.Serving;

/// <summary>What a server is made of.</summary>
/// <param name="Options">How it listens.</param>
/// <param name="Models">What answers.</param>
/// <param name="Policy">What prompts hold.</param>
/// <param name="Sessions">Where sessions are kept, and what they may spend.</param>
public sealed record ServerPlan(
    ServerOptions Options,
    ModelsOptions Models,
    ServedPolicy Policy,
    SessionsOptions Sessions
)
{
    /// <summary>Makes what the policy asks of models; null where nobody can.</summary>
    public ServedArtefacts? Artefacts { get; init; }

    /// <summary>Where what is measured can be read.</summary>
    public ObserveOptions Observe { get; init; } = new();

    /// <summary>Reads environment variables: the only source of servers' keys.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told of failures of the server itself, without bodies and keys; null for nobody.</summary>
    public Action<string>? Log { get; init; }
}

/// <summary>A running server.</summary>
public sealed class ChatServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly UpstreamSet _upstreams;
    private readonly ServerPlan _plan;
    private readonly Tenants _tenants;
    private readonly SessionParts _sessions;

    private TelemetryExport? _telemetry;

    private ChatServer(WebApplication application, UpstreamSet upstreams, ServerPlan plan)
    {
        _application = application;
        _upstreams = upstreams;
        _plan = plan;
        _tenants = new Tenants(plan.Sessions.Keys);
        _sessions = new SessionParts(plan, upstreams, _tenants);
    }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:8080</c>.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Where Prometheus finds <c>/metrics</c>; null where it is not served.</summary>
    public string? MetricsUrl => _telemetry?.Url;

    /// <summary>The models' names, the standard one first.</summary>
    public IReadOnlyList<string> Models => _upstreams.Names;

    /// <summary>Loads the models and listens.</summary>
    /// <param name="plan">What it is made of.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="MttException">A model cannot be loaded, or the port is taken.</exception>
    public static async Task<ChatServer> StartAsync(ServerPlan plan, CancellationToken cancellation)
    {
        plan = Measured(plan);
        UpstreamSet upstreams = UpstreamOpener.Open(plan.Models, plan.Environment, plan.Time);
        WebApplication application = KestrelHost.Build(plan.Options);
        ChatServer server = new(application, upstreams, plan);
        try
        {
            server._telemetry = await TelemetryExport.StartAsync(plan.Observe, cancellation).ConfigureAwait(false);
            await server._sessions.Recovery.StartAsync(cancellation).ConfigureAwait(false);
            server.Map();
            await application.StartAsync(cancellation).ConfigureAwait(false);
            server.Url = KestrelHost.UrlOf(application);
            return server;
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw new MttException(
                Invariant($"port {plan.Options.Port} cannot be used: {problem.Message}"),
                "Stop what listens there, or give --port 0 for any free port.",
                problem
            );
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Takes no more requests and lets running turns finish for as long as the options say; those that have not are marked
    /// interrupted and their clients told, and then connections end.
    /// </summary>
    public async Task StopAsync()
    {
        using CancellationTokenSource patience = new(_plan.Options.Drain, _plan.Time);
        using CancellationTokenRegistration over = patience.Token.Register(() => _ = _sessions.Runner.StopAsync());
        await _application.StopAsync().ConfigureAwait(false);
        await _sessions.Runner.StopAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync().ConfigureAwait(false);
        await _sessions.Expiry.DisposeAsync().ConfigureAwait(false);
        await _sessions.Recovery.DisposeAsync().ConfigureAwait(false);
        await _sessions.Runner.StopAsync().ConfigureAwait(false);
        await _sessions.Compression.DisposeAsync().ConfigureAwait(false);
        if (_telemetry is not null)
        {
            await _telemetry.DisposeAsync().ConfigureAwait(false);
        }

        _upstreams.Dispose();
    }

    // The store is the owner's: it is measured and not disposed of.
    private static ServerPlan Measured(ServerPlan plan) =>
        plan.Observe.IsOn
            ? plan with
            {
                Sessions = plan.Sessions with
                {
                    Telemetry = true,
                    Store = new MeasuredStore(plan.Sessions.Store, plan.Time),
                },
            }
            : plan;

    private void Map()
    {
        ServerOptions options = _plan.Options;
        _application.Use(new RequestPipeline(options, _tenants, _plan.Log).Wrap);
        PassThrough passThrough = new(_upstreams, _plan.Policy, _plan.Artefacts, _sessions.Router, options, _plan.Time);
        ModelsApi.Map(_application, _upstreams, _plan.Time);
        OpenApiDocument.Map(_application);
        _sessions.Routes.Map(_application);
        _sessions.Responses.Map(_application);
        _sessions.Conversations.Map(_application);
        _sessions.Page.Map(_application);
        _sessions.Outcomes.Map(_application);
        _application.MapPost(
            "/v1/chat/completions",
            async http =>
            {
                ChatBody body = ChatBody.Read(await Json.ReadAsync(http).ConfigureAwait(false));
                Task answer = await _sessions.SessionOfAsync(http, body).ConfigureAwait(false) is { } session
                    ? _sessions.Chats.AnswerAsync(http, SessionRequest.OrderOf(http, session, body), body)
                    : passThrough.AnswerAsync(http, body);
                await answer.ConfigureAwait(false);
            }
        );
    }
}
