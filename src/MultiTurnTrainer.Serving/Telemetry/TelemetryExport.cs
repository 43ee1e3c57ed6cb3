using MultiTurnTrainer.Serving.Settings;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MultiTurnTrainer.Serving.Telemetry;

/// <summary>What is measured, sent to a collector and shown to Prometheus. Neither holds words of sessions, nor their ids.</summary>
internal sealed class TelemetryExport : IAsyncDisposable
{
    private static readonly string[] _names = [TurnTelemetry.Name, ContextTelemetry.Name, "MultiTurnTrainer.Sessions"];

    private static readonly double[] _tokens = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072];
    private static readonly double[] _shares = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
    private static readonly double[] _seconds =
    [
        0.0005,
        0.001,
        0.002,
        0.005,
        0.01,
        0.02,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        10,
    ];
    private static readonly double[] _milliseconds =
    [
        1,
        2,
        5,
        10,
        20,
        50,
        100,
        250,
        500,
        1000,
        2500,
        5000,
        10000,
        30000,
    ];

    private readonly TracerProvider? _traces;
    private readonly MeterProvider _meters;
    private readonly MetricsPage? _page;

    private TelemetryExport(TracerProvider? traces, MeterProvider meters, MetricsPage? page) =>
        (_traces, _meters, _page) = (traces, meters, page);

    /// <summary>Where Prometheus finds <c>/metrics</c>; null where it is not served.</summary>
    public string? Url => _page?.Url;

    /// <summary>Begins to measure; null where nobody wants to know.</summary>
    /// <exception cref="MttException">The port is taken, or the address is none of this machine.</exception>
    public static async Task<TelemetryExport?> StartAsync(ObserveOptions options, CancellationToken cancellation)
    {
        if (!options.IsOn)
        {
            return null;
        }

        ResourceBuilder resource = ResourceBuilder
            .CreateDefault()
            .AddService("mtt", serviceVersion: Manifest.ToolVersion);
        MeterProvider meters = Meters(options, resource);
        TracerProvider? traces = options.Otlp is null
            ? null
            : Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource(_names)
                .AddOtlpExporter(exporter => Aim(exporter, options.Otlp, "v1/traces"))
                .Build();
        try
        {
            MetricsPage? page = options.Metrics is { } point
                ? await MetricsPage.StartAsync(point, meters, cancellation).ConfigureAwait(false)
                : null;
            return new TelemetryExport(traces, meters, page);
        }
        catch
        {
            traces?.Dispose();
            meters.Dispose();
            throw;
        }
    }

    /// <summary>Sends what is left, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_page is not null)
        {
            await _page.DisposeAsync().ConfigureAwait(false);
        }

        _traces?.Dispose();
        _meters.Dispose();
    }

    private static MeterProvider Meters(ObserveOptions options, ResourceBuilder resource)
    {
        MeterProviderBuilder builder = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(_names);
        foreach (
            (string instrument, double[] bounds) in new[]
            {
                ("session.turn.tokens", _tokens),
                ("session.size", _tokens),
                ("context.tokens", _tokens),
                ("session.compression.ratio", _shares),
                ("context.compression_ratio", _shares),
                ("context.retention", _shares),
                ("session.drift", _shares),
                ("session.store.duration", _seconds),
                ("sessions.compression.lag", _seconds),
                ("session.turn.part", _milliseconds),
            }
        )
        {
            builder.AddView(instrument, new ExplicitBucketHistogramConfiguration { Boundaries = bounds });
        }

        if (options.Otlp is { } collector)
        {
            builder.AddOtlpExporter((exporter, _) => Aim(exporter, collector, "v1/metrics"));
        }

        if (options.Metrics is not null)
        {
            builder.AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0);
        }

        return builder.Build();
    }

    private static void Aim(OtlpExporterOptions exporter, Uri collector, string signal)
    {
        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = new Uri($"{collector.ToString().TrimEnd('/')}/{signal}");
    }
}
