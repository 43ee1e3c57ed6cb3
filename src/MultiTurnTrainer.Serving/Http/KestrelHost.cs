using MultiTurnTrainer.Serving.Settings;

namespace MultiTurnTrainer.Serving.Http;

/// <summary>Kestrel with bounds on everything that a client may send or hold, and nothing else of ASP.NET Core.</summary>
internal static class KestrelHost
{
    private const int MostHeaders = 64;
    private const int MostConnections = 4096;

    // Beyond the time that turns have to finish: their clients are told before the connections end.
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _headersTimeout = TimeSpan.FromSeconds(15);

    public static WebApplication Build(ServerOptions options)
    {
        // No settings of the folder the program was started in, no environment variables but mtt's own.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Drain + _farewell);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(options.Address, options.Port);
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = MostHeaders;
            kestrel.Limits.MaxRequestLineSize = 8 << 10;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.RequestHeadersTimeout = _headersTimeout;
        });
        return builder.Build();
    }

    /// <summary>Where a started server listens, such as <c>http://127.0.0.1:8080</c>.</summary>
    public static string UrlOf(WebApplication application) =>
        application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
}
