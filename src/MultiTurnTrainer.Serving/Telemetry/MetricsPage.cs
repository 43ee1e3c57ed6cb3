using System.Net.Sockets;
using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Settings;
using OpenTelemetry.Metrics;

namespace MultiTurnTrainer.Serving.Telemetry;

/// <summary>
/// <c>/metrics</c> for Prometheus, on a port of its own, so that who may chat and who may look are kept apart. It has no keys: whoever
/// reaches the address may read it.
/// </summary>
internal sealed class MetricsPage : IAsyncDisposable
{
    private readonly WebApplication _application;

    private MetricsPage(WebApplication application) => _application = application;

    /// <summary>Its address.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Listens.</summary>
    /// <exception cref="MttException">The port is taken, or the address is none of this machine.</exception>
    public static async Task<MetricsPage> StartAsync(
        IPEndPoint point,
        MeterProvider meters,
        CancellationToken cancellation
    )
    {
        WebApplication application = KestrelHost.Build(
            new ServerOptions
            {
                Address = point.Address,
                Port = point.Port,
                MaxBodyBytes = 0,
            }
        );
        if (IPAddress.IsLoopback(point.Address))
        {
            application.Use(Guard);
        }

        application.UseOpenTelemetryPrometheusScrapingEndpoint(meters, null, "/metrics", null, null);
        MetricsPage page = new(application);
        try
        {
            await application.StartAsync(cancellation).ConfigureAwait(false);
            page.Url = KestrelHost.UrlOf(application);
            return page;
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            await page.DisposeAsync().ConfigureAwait(false);
            throw new MttException(
                $"{point}: metrics cannot be served there: {problem.Message}",
                "Name another port with --metrics, or an address of this machine.",
                problem
            );
        }
    }

    // A page in this machine's browser may not read it behind its reader's back.
    private static RequestDelegate Guard(RequestDelegate next)
    {
        RequestGuard guard = new([]);
        return async http =>
        {
            try
            {
                guard.Check(http.Request);
            }
            catch (ApiException refused)
            {
                http.Response.StatusCode = refused.Status;
                return;
            }

            await next(http).ConfigureAwait(false);
        };
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
